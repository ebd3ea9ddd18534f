// Make or update the example tracks of one concept; unknown tracks are left out of the answer.
//
// access:  write
// param:   concept  string, its id
// param:   tracks   list of maps {id, added_at: string or null}
// returns: track string
MATCH (concept:Concept {id: $concept})
UNWIND $tracks AS given
MATCH (track:Track {id: given.id})
MERGE (track)-[example:EXAMPLE_OF]->(concept)
SET example.added_at = given.added_at
RETURN track.id AS track
