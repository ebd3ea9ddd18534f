// Concepts of a collection that hang below the virtual root.
//
// access:  read
// param:   collection  string, its id
// returns: id string
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
WHERE concept.below_root
RETURN concept.id AS id
