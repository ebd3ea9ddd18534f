// Tracks that entries of a playlist may mean: by id or code, or such that a file or a title is called alike.
//
// access:  read
// param:   ids     list of strings, track ids
// param:   isrcs   list of strings
// param:   mbids   list of strings
// param:   files   list of strings, percent-encoded names of files in lower case
// param:   titles  list of strings in lower case
// returns: id string, title string, artist string, album string, duration_s float, uri string, isrc string,
//          mbid string, work string
MATCH (track:Track)
WHERE track.id IN $ids OR track.isrc IN $isrcs OR track.mbid IN $mbids OR toLower(track.title) IN $titles
   OR toLower(last(split(track.uri, '/'))) IN $files
RETURN track.id AS id, track.title AS title, track.artist AS artist, track.album AS album,
       track.duration_s AS duration_s, track.uri AS uri, track.isrc AS isrc, track.mbid AS mbid,
       coalesce(track.work, '') AS work
ORDER BY id
