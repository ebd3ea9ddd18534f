// Record what was measured of concepts in a version, and show it on the concepts.
//
// access:  write
// param:   key          string of the version
// param:   assessments  list of maps {concept, shown: map, kept: map}; shown goes on the concept too
// returns: written integer
MATCH (hierarchy:Hierarchy {key: $key})
UNWIND $assessments AS given
MATCH (concept:Concept {id: given.concept})
SET concept += given.shown, concept.assessed_in = hierarchy.version
CREATE (concept)-[measured:ASSESSED]->(hierarchy)
SET measured = given.kept
RETURN count(*) AS written
