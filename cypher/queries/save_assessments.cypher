// Record what was measured of concepts in a version, with the names they have now; those from elsewhere are left out.
//
// access:  write
// param:   key          string of the version
// param:   assessments  list of maps {concept, said: map}
// returns: written integer
MATCH (hierarchy:Hierarchy {key: $key})-[:OF]->(collection:Collection)
UNWIND $assessments AS given
MATCH (concept:Concept {id: given.concept})
WHERE EXISTS { (concept)-[:IN]->(collection) }
CREATE (concept)-[measured:ASSESSED]->(hierarchy)
SET measured = given.said, measured.name = concept.name, measured.kind = concept.kind,
    measured.source = concept.source, measured.aliases = concept.aliases
RETURN count(*) AS written
