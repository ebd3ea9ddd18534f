// Add links from tracks to concepts, grouped by concept.
//
// access:  write
// param:   ids      list of strings, track ids that the rows point into
// param:   rows     list of maps {concept: string, targets: list of integers, scores: list of floats,
//                   ranks: list of integers}
// param:   staging  integer, since when
// returns: written integer
UNWIND $ids AS id
MATCH (track:Track {id: id})
WITH collect(track) AS nodes
WHERE size(nodes) = size($ids)
UNWIND $rows AS row
MATCH (concept:Concept {id: row.concept})
UNWIND range(0, size(row.targets) - 1) AS k
WITH concept, nodes[row.targets[k]] AS track, row.scores[k] AS score, row.ranks[k] AS rank
CREATE (track)-[:EXPRESSES {score: score, rank: rank, since: $staging}]->(concept)
RETURN count(*) AS written
