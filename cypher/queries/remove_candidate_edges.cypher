// Remove the drawing of a version that waits no more, or of every version that does not wait.
//
// access:  write
// param:   collection  string, its id
// param:   waiting     list of integers, the versions that wait
// returns: removed integer
MATCH (child:Concept)-[:IN]->(:Collection {id: $collection})
MATCH (child)<-[edge:CANDIDATE_PARENT_OF]-(:Concept)
WHERE NOT edge.version IN $waiting
DELETE edge
RETURN count(*) AS removed
