// Remove a batch of EXPRESSES that no reader asks for: staged after the current version, or closed by it.
//
// access:  write
// param:   collection  string, its id
// param:   version     integer, the current one, 0 before the first
// param:   limit       integer >= 1
// returns: removed integer
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
MATCH (concept)<-[edge:EXPRESSES]-(:Track)
WHERE edge.since > $version OR edge.until <= $version
WITH edge LIMIT $limit
DELETE edge
RETURN count(*) AS removed
