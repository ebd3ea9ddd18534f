// Take the lock of a collection until the transaction ends, then look at its version.
//
// access:  write
// param:   collection  string, its id
// returns: version integer
MATCH (collection:Collection {id: $collection})
SET collection.touched_at = datetime.realtime()
WITH collection
RETURN coalesce(collection.version, 0) AS version
