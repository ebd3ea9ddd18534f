// How many concepts each version of a collection speaks of.
//
// access:  read
// param:   collection  string, its id
// returns: version integer, assessed integer
MATCH (:Collection {id: $collection})<-[:OF]-(hierarchy:Hierarchy)
RETURN hierarchy.version AS version, COUNT { (hierarchy)<-[:ASSESSED]-() } AS assessed
