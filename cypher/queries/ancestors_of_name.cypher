// Ancestors of every concept of that name in the current hierarchies, nearest first.
//
// In Neo4j Browser: `:param name => 'Violin'`, then paste this query.
//
// access:  read
// param:   name  string, a concept's name as it was imported
// returns: concept string, id string, name string, distance integer >= 1
MATCH (ancestor:Concept)-[path:PARENT_OF*1..64]->(concept:Concept {name: $name})
RETURN concept.id AS concept, ancestor.id AS id, ancestor.name AS name, min(size(path)) AS distance
ORDER BY concept, distance, id
