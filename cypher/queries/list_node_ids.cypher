// The server's own numbers of concepts, by which graph algorithms answer.
//
// access:  read
// param:   ids  list of strings, concept ids
// returns: node integer, id string
UNWIND $ids AS id
MATCH (concept:Concept {id: id})
RETURN id(concept) AS node, concept.id AS id
