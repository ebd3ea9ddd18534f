// Similarities of some concepts that a staging may find: open ones, and those that it or a later one closed.
//
// access:  read
// param:   concepts  list of strings, whose tracks
// param:   staging   integer, the one being built
// returns: concept string, others list of strings, values list of pairs weight and standard error or null,
//          since list of integers, until list of integers with 0 for open, ids list of strings
UNWIND $concepts AS id
MATCH (concept:Concept {id: id})-[edge:SIMILAR_TO]->(other:Concept)
WHERE edge.until IS NULL OR edge.until >= $staging
RETURN concept.id AS concept, collect(other.id) AS others, collect([edge.weight, edge.standard_error]) AS values,
       collect(edge.since) AS since, collect(coalesce(edge.until, 0)) AS until, collect(elementId(edge)) AS ids
