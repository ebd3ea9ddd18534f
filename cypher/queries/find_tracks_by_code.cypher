// Tracks by ISRC or MusicBrainz id, each found by its index; several may share one.
//
// access:  read
// param:   isrc  string, or null for any; one of the two is given
// param:   mbid  string, or null for any; one of the two is given
// param:   limit  integer >= 1
// returns: id string, title string, artist string, album string, duration_s float, uri string, isrc string,
//          mbid string, work string
CALL () {
  MATCH (track:Track {isrc: $isrc})
  RETURN track
  UNION
  MATCH (track:Track {mbid: $mbid})
  RETURN track
}
WITH track
WHERE ($isrc IS NULL OR track.isrc = $isrc) AND ($mbid IS NULL OR track.mbid = $mbid)
WITH track ORDER BY track.id LIMIT $limit
RETURN track.id AS id, track.title AS title, track.artist AS artist, track.album AS album,
       track.duration_s AS duration_s, track.uri AS uri, track.isrc AS isrc, track.mbid AS mbid,
       coalesce(track.work, '') AS work
ORDER BY id
