// Ids and names of the concepts of a collection that were not deleted.
//
// access:  read
// param:   collection  string, its id
// returns: concept string, name string
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
WHERE concept.deleted_at IS NULL
RETURN concept.id AS concept, concept.name AS name
ORDER BY concept
