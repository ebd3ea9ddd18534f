// Tracks by ISRC or MusicBrainz id, as they were given; several may share one.
//
// access:  read
// param:   isrc  string, or null for any
// param:   mbid  string, or null for any
// param:   limit  integer >= 1
// returns: id string, title string, artist string, album string, duration_s float, uri string, isrc string,
//          mbid string, work string
MATCH (track:Track)
WHERE ($isrc IS NULL OR track.isrc = $isrc) AND ($mbid IS NULL OR track.mbid = $mbid)
WITH track ORDER BY track.id LIMIT $limit
RETURN track.id AS id, track.title AS title, track.artist AS artist, track.album AS album,
       track.duration_s AS duration_s, track.uri AS uri, track.isrc AS isrc, track.mbid AS mbid,
       coalesce(track.work, '') AS work
ORDER BY id
