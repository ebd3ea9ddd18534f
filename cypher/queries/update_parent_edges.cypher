// Refresh what was measured of PARENT_OF that stay.
//
// access:  write
// param:   edges  list of maps {id: element id, similarity, margin}
// returns: nothing
UNWIND $edges AS given
MATCH ()-[edge:PARENT_OF]->()
WHERE elementId(edge) = given.id
SET edge.similarity = given.similarity, edge.margin = given.margin
