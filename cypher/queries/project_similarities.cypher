// Project the kept concepts and the similarities of a version into the Graph Data Science catalogue, isolated ones too.
//
// access:  read
// param:   name     string, of the projection
// param:   ids      list of strings, the kept concepts
// param:   staging  integer, the set that is meant
// returns: nodes integer, relationships integer
UNWIND $ids AS id
MATCH (source:Concept {id: id})
OPTIONAL MATCH (source)-[edge:SIMILAR_TO]->(target:Concept)
WHERE edge.since <= $staging AND (edge.until IS NULL OR edge.until > $staging) AND target.id IN $ids
WITH gds.graph.project($name, source, target, {relationshipType: 'SIMILAR_TO'}) AS projection
RETURN projection.nodeCount AS nodes, projection.relationshipCount AS relationships
