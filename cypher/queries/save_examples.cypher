// Make or update the example tracks of one concept, each with its place; unknown ones are left out of the answer.
//
// access:  write
// param:   concept  string, its id
// param:   tracks   list of maps {id, added_at: string or null, position: integer}
// returns: track string
MATCH (concept:Concept {id: $concept})
UNWIND $tracks AS given
MATCH (track:Track {id: given.id})
MERGE (track)-[example:EXAMPLE_OF]->(concept)
SET example.added_at = given.added_at, example.position = given.position
RETURN track.id AS track
