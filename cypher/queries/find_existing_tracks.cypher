// Those of the track ids that exist.
//
// access:  read
// param:   ids  list of strings, track ids
// returns: id string
UNWIND $ids AS id
MATCH (track:Track {id: id})
RETURN track.id AS id
