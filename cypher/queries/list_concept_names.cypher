// Ids and names of the concepts of a collection.
//
// access:  read
// param:   collection  string, its id
// returns: concept string, name string
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
RETURN concept.id AS concept, concept.name AS name
ORDER BY concept
