// Those of the tracks whose sound was never measured: they came in under an older release.
//
// access:  read
// param:   ids  list of strings, track ids
// returns: id string
UNWIND $ids AS id
MATCH (track:Track {id: id})
WHERE track.loudness_db IS NULL
RETURN track.id AS id
