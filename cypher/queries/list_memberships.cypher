// Example tracks of every concept of a collection.
//
// access:  read
// param:   collection  string, its id
// returns: concept string, tracks list of strings
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
RETURN concept.id AS concept, COLLECT { MATCH (track:Track)-[:EXAMPLE_OF]->(concept) RETURN track.id } AS tracks
ORDER BY concept
