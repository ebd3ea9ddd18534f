// Concepts a version does not speak of wait again.
//
// access:  write
// param:   collection  string, its id
// param:   version     integer, the one just published
// returns: nothing
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
WHERE concept.assessed_in <> $version
SET concept.assessed_in = null, concept.status = 'waiting', concept.reason = '', concept.below_root = false,
    concept.depth = null, concept.betweenness = null, concept.bias = null, concept.flagged = null
