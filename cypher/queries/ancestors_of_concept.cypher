// Ancestors of one concept in the current hierarchy, nearest first.
//
// In Neo4j Browser: `:param id => 'violin'`, then paste this query.
//
// access:  read
// param:   id  string, a concept id
// returns: id string, name string, distance integer >= 1
MATCH (ancestor:Concept)-[path:PARENT_OF*1..64]->(:Concept {id: $id})
RETURN ancestor.id AS id, ancestor.name AS name, min(size(path)) AS distance
ORDER BY distance, id
