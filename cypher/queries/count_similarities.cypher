// How many similarities of a version a projection of these concepts would hold, and how many of them exist.
//
// access:  read
// param:   collection  string, its id
// param:   ids         list of strings, the kept concepts
// param:   staging     integer, the set that is meant
// returns: concepts integer, similarities integer
UNWIND $ids AS id
MATCH (source:Concept {id: id})-[:IN]->(:Collection {id: $collection})
RETURN count(source) AS concepts, sum(COUNT {
         (source)-[edge:SIMILAR_TO]->(:Concept)
         WHERE edge.since <= $staging AND (edge.until IS NULL OR edge.until > $staging)
       }) AS similarities
