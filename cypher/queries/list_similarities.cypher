// Similarities of some concepts that a version being built may find: open ones, and those it has closed itself.
//
// access:  read
// param:   concepts  list of strings, whose tracks
// param:   version   integer, the one being built
// returns: concept string, others list of strings, values list of pairs weight and standard error or null,
//          since list of integers, open list of booleans, ids list of strings
UNWIND $concepts AS id
MATCH (concept:Concept {id: id})-[edge:SIMILAR_TO]->(other:Concept)
WHERE edge.until IS NULL OR edge.until >= $version
RETURN concept.id AS concept, collect(other.id) AS others, collect([edge.weight, edge.standard_error]) AS values,
       collect(edge.since) AS since, collect(edge.until IS NULL) AS open, collect(elementId(edge)) AS ids
