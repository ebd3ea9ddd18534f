// Tracks by id; unknown ones are left out.
//
// access:  read
// param:   ids  list of strings, track ids
// returns: id string, title string, artist string, album string, duration_s float, uri string, isrc string,
//          mbid string, work string
UNWIND $ids AS id
MATCH (track:Track {id: id})
RETURN track.id AS id, track.title AS title, track.artist AS artist, track.album AS album,
       track.duration_s AS duration_s, track.uri AS uri, track.isrc AS isrc, track.mbid AS mbid,
       coalesce(track.work, '') AS work
