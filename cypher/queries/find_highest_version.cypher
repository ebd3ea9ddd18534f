// The highest version of a collection; 0 before the first.
//
// access:  read
// param:   collection  string, its id
// returns: version integer
MATCH (collection:Collection {id: $collection})
OPTIONAL MATCH (collection)<-[:OF]-(hierarchy:Hierarchy)
WITH collection, max(hierarchy.version) AS highest
RETURN coalesce(highest, 0) AS version
