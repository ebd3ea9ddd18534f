// A page of what is known of tracks besides their names, by id.
//
// access:  read
// param:   after  string, the last id of the page before; empty for the first page
// param:   limit  integer >= 1
// returns: track_id string, loudness_db float or null, rate_hz integer or null, codec string, year integer or null,
//          popularity float or null
MATCH (track:Track)
WHERE track.id > $after
WITH track ORDER BY track.id LIMIT $limit
RETURN track.id AS track_id, track.loudness_db AS loudness_db, track.rate_hz AS rate_hz,
       coalesce(track.codec, '') AS codec, track.year AS year, track.popularity AS popularity
ORDER BY track_id
