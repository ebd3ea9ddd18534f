// Open a batch of EXPRESSES again that an unfinished version has closed.
//
// access:  write
// param:   collection  string, its id
// param:   version     integer, the current one, 0 before the first
// param:   limit       integer >= 1
// returns: reopened integer
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
MATCH (concept)<-[edge:EXPRESSES]-(:Track)
WHERE edge.until > $version
WITH edge LIMIT $limit
SET edge.until = null
RETURN count(*) AS reopened
