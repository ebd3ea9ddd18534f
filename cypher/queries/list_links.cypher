// Links from tracks to some concepts that a staging may find: open ones, and those that it or a later one closed.
//
// access:  read
// param:   concepts  list of strings
// param:   staging   integer, the one being built
// returns: concept string, others list of strings, scores list of floats, ranks list of integers,
//          since list of integers, until list of integers with 0 for open, ids list of strings
UNWIND $concepts AS id
MATCH (concept:Concept {id: id})<-[link:EXPRESSES]-(track:Track)
WHERE link.until IS NULL OR link.until >= $staging
RETURN concept.id AS concept, collect(track.id) AS others, collect(link.score) AS scores,
       collect(link.rank) AS ranks, collect(link.since) AS since, collect(coalesce(link.until, 0)) AS until,
       collect(elementId(link)) AS ids
