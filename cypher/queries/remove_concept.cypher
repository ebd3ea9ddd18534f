// Remove a concept that no version speaks of.
//
// access:  write
// param:   id  string, the concept
// returns: nothing
MATCH (concept:Concept {id: $id})
WHERE NOT EXISTS { (concept)-[:ASSESSED]->(:Hierarchy) }
DETACH DELETE concept
