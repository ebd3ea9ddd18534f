// Links from tracks to some concepts that a version being built may find: open ones, and those it has closed itself.
//
// access:  read
// param:   concepts  list of strings
// param:   version   integer, the one being built
// returns: concept string, others list of strings, scores list of floats, ranks list of integers,
//          since list of integers, open list of booleans, ids list of strings
UNWIND $concepts AS id
MATCH (concept:Concept {id: id})<-[link:EXPRESSES]-(track:Track)
WHERE link.until IS NULL OR link.until >= $version
RETURN concept.id AS concept, collect(track.id) AS others, collect(link.score) AS scores,
       collect(link.rank) AS ranks, collect(link.since) AS since, collect(link.until IS NULL) AS open,
       collect(elementId(link)) AS ids
