// S of one concept's tracks on another's vector, where it passed the threshold of the graph.
//
// access:  read
// param:   source  string, a concept id: whose tracks
// param:   target  string, a concept id: whose vector
// returns: weight float
MATCH (source:Concept {id: $source})-[:IN]->(collection:Collection)
MATCH (source)-[edge:SIMILAR_TO]->(:Concept {id: $target})
WHERE edge.since <= collection.links AND (edge.until IS NULL OR edge.until > collection.links)
RETURN edge.weight AS weight
