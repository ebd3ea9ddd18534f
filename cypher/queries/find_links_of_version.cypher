// Which staging a version of a concept's collection shows.
//
// access:  read
// param:   id       string, the concept
// param:   version  integer
// returns: collection string, links integer or null
MATCH (:Concept {id: $id})-[:IN]->(collection:Collection)<-[:OF]-(hierarchy:Hierarchy {version: $version})
RETURN collection.id AS collection, hierarchy.links AS links
