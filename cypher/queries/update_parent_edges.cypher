// Refresh what was measured of PARENT_OF that stay.
//
// access:  write
// param:   edges    list of maps {id: element id, said: map of what was measured}
// param:   version  integer, since when those hold that were drawn by hand
// returns: nothing
UNWIND $edges AS given
MATCH ()-[edge:PARENT_OF]->()
WHERE elementId(edge) = given.id
SET edge += given.said, edge.since = coalesce(edge.since, $version)
