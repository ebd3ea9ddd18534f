// Ids of all concepts of a collection.
//
// access:  read
// param:   collection  string, its id
// returns: id string
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
RETURN concept.id AS id
ORDER BY id
