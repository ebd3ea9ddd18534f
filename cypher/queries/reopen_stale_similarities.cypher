// Open a batch of SIMILAR_TO again that a staging has closed which no version shows.
//
// access:  write
// param:   collection  string, its id
// param:   newest      integer, the highest staging that a version shows, 0 when there is none
// param:   limit       integer >= 1
// returns: reopened integer
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
MATCH (concept)-[edge:SIMILAR_TO]->(:Concept)
WHERE edge.until > $newest
WITH edge LIMIT $limit
SET edge.until = null
RETURN count(*) AS reopened
