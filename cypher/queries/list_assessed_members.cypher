// What the current version of a collection was learnt from: its concepts and the hashes of their members.
//
// access:  read
// param:   collection  string, its id
// returns: concept string, name string, members_sha256 string
MATCH (collection:Collection {id: $collection})<-[:OF]-(hierarchy:Hierarchy {version: collection.version})
MATCH (concept:Concept)-[measured:ASSESSED]->(hierarchy)
RETURN concept.id AS concept, concept.name AS name, coalesce(measured.members_sha256, '') AS members_sha256
ORDER BY concept
