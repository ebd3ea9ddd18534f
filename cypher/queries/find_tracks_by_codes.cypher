// Tracks that carry any of some codes, each code found by its index; several tracks may share one.
//
// access:  read
// param:   isrcs  list of strings
// param:   mbids  list of strings
// param:   limit  integer >= 1, tracks of one code, the first by id
// returns: id string, title string, artist string, album string, duration_s float, uri string, isrc string,
//          mbid string, work string
CALL () {
  UNWIND $isrcs AS code
  CALL (code) {
    MATCH (track:Track {isrc: code})
    RETURN track ORDER BY track.id LIMIT $limit
  }
  RETURN track
  UNION
  UNWIND $mbids AS code
  CALL (code) {
    MATCH (track:Track {mbid: code})
    RETURN track ORDER BY track.id LIMIT $limit
  }
  RETURN track
}
RETURN track.id AS id, track.title AS title, track.artist AS artist, track.album AS album,
       track.duration_s AS duration_s, track.uri AS uri, track.isrc AS isrc, track.mbid AS mbid,
       coalesce(track.work, '') AS work
ORDER BY id
