// Remove example tracks that are no longer in their concept's list.
//
// access:  write
// param:   examples  list of maps {concept, tracks: list of track ids}
// returns: nothing
UNWIND $examples AS given
MATCH (concept:Concept {id: given.concept})<-[example:EXAMPLE_OF]-(track:Track)
WHERE NOT track.id IN given.tracks
DELETE example
