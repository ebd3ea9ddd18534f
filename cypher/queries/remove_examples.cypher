// Remove example tracks that are no longer in their concept's list, and what a playlist said of its entries.
//
// access:  write
// param:   examples  list of maps {concept, tracks: list of track ids}
// returns: nothing
UNWIND $examples AS given
MATCH (concept:Concept {id: given.concept})
SET concept.entries = null, concept.entries_at = datetime.realtime()
WITH concept, given
MATCH (concept)<-[example:EXAMPLE_OF]-(track:Track)
WHERE NOT track.id IN given.tracks
DELETE example
