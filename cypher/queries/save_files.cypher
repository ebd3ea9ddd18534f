// Bind files to their tracks; a file whose track is unknown is left out of the answer.
//
// access:  write
// param:   files  list of maps {sha256, track, uri, bytes}
// returns: sha256 string
UNWIND $files AS given
MATCH (track:Track {id: given.track})
MERGE (file:File {sha256: given.sha256})
SET file.uri = given.uri, file.bytes = given.bytes
MERGE (file)-[:HOLDS]->(track)
RETURN file.sha256 AS sha256
