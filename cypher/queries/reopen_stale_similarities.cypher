// Open a batch of SIMILAR_TO again that an unfinished version has closed.
//
// access:  write
// param:   collection  string, its id
// param:   version     integer, the current one, 0 before the first
// param:   limit       integer >= 1
// returns: reopened integer
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
MATCH (concept)-[edge:SIMILAR_TO]->(:Concept)
WHERE edge.until > $version
WITH edge LIMIT $limit
SET edge.until = null
RETURN count(*) AS reopened
