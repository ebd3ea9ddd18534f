// Make or update tracks.
//
// access:  write
// param:   tracks  list of maps {id, title, artist, album, duration_s, uri, isrc, mbid, work}
// returns: nothing
UNWIND $tracks AS given
MERGE (track:Track {id: given.id})
SET track += given
