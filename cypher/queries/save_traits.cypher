// Tell of tracks what is known of them besides their names; what is not told stays as it is. Unknown tracks are left out.
//
// access:  write
// param:   traits  list of maps {id, said: map of properties}
// returns: nothing
UNWIND $traits AS given
MATCH (track:Track {id: given.id})
SET track += given.said
