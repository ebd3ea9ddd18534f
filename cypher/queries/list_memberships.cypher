// Example tracks of every concept of a collection that was not deleted.
//
// access:  read
// param:   collection  string, its id
// returns: concept string, tracks list of strings
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
WHERE concept.deleted_at IS NULL
RETURN concept.id AS concept, COLLECT { MATCH (track:Track)-[:EXAMPLE_OF]->(concept) RETURN track.id } AS tracks
ORDER BY concept
