// Example tracks of some concepts; unknown concepts are left out.
//
// access:  read
// param:   ids  list of strings, concept ids, each once
// returns: concept string, tracks list of strings
UNWIND $ids AS id
MATCH (concept:Concept {id: id})
RETURN concept.id AS concept, COLLECT { MATCH (track:Track)-[:EXAMPLE_OF]->(concept) RETURN track.id } AS tracks
ORDER BY concept
