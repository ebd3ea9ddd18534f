// Remove a batch of SIMILAR_TO that no retained version shows.
//
// access:  write
// param:   collection  string, its id
// param:   retained    list of integers, the stagings that versions show
// param:   limit       integer >= 1
// returns: removed integer
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
MATCH (concept)-[edge:SIMILAR_TO]->(:Concept)
WHERE none(one IN $retained WHERE edge.since <= one AND (edge.until IS NULL OR edge.until > one))
WITH edge LIMIT $limit
DELETE edge
RETURN count(*) AS removed
