// How many tracks the catalogue holds.
//
// access:  read
// returns: tracks integer
MATCH (track:Track)
RETURN count(track) AS tracks
