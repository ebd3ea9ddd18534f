// Add similarities, grouped by the concept whose tracks they are about.
//
// access:  write
// param:   ids      list of strings, concept ids that the rows point into
// param:   rows     list of maps {source: integer, targets: list of integers, weights: list of floats,
//                   errors: list of floats or nulls}
// param:   staging  integer, since when
// returns: written integer
UNWIND $ids AS id
MATCH (concept:Concept {id: id})
WITH collect(concept) AS nodes
WHERE size(nodes) = size($ids)
UNWIND $rows AS row
WITH nodes, row, nodes[row.source] AS source
UNWIND range(0, size(row.targets) - 1) AS k
WITH source, nodes[row.targets[k]] AS target, row.weights[k] AS weight, row.errors[k] AS error
CREATE (source)-[:SIMILAR_TO {weight: weight, standard_error: error, since: $staging}]->(target)
RETURN count(*) AS written
