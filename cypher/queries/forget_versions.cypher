// Delete versions with what was measured in them. Lock the collection first.
//
// access:  write
// param:   keys  list of strings, unique for collection and version
// returns: deleted integer
MATCH (hierarchy:Hierarchy)
WHERE hierarchy.key IN $keys
DETACH DELETE hierarchy
RETURN count(*) AS deleted
