// A page of all tracks, by id.
//
// access:  read
// param:   after  string, the last id of the page before; empty for the first page
// param:   limit  integer >= 1
// returns: id string, title string, artist string, album string, duration_s float, uri string, isrc string,
//          mbid string, work string
MATCH (track:Track)
WHERE track.id > $after
WITH track ORDER BY track.id LIMIT $limit
RETURN track.id AS id, track.title AS title, track.artist AS artist, track.album AS album,
       track.duration_s AS duration_s, track.uri AS uri, track.isrc AS isrc, track.mbid AS mbid,
       coalesce(track.work, '') AS work
ORDER BY id
