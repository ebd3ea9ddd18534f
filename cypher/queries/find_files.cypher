// Tracks of the files that were imported before.
//
// access:  read
// param:   sha256s  list of strings, hashes of files
// returns: sha256 string, track string
UNWIND $sha256s AS sha256
MATCH (file:File {sha256: sha256})-[:HOLDS]->(track:Track)
RETURN file.sha256 AS sha256, track.id AS track
