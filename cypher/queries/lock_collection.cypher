// Take the lock of a collection until the transaction ends, then look at its numbers.
//
// access:  write
// param:   collection  string, its id
// returns: version integer, links integer or null, highest integer, retained list of integers,
//          waiting list of integers, curations integer
MATCH (collection:Collection {id: $collection})
SET collection.touched_at = datetime.realtime()
WITH collection
OPTIONAL MATCH (collection)<-[:OF]-(hierarchy:Hierarchy)
RETURN coalesce(collection.version, 0) AS version, collection.links AS links,
       coalesce(collection.highest, 0) AS highest,
       collect(DISTINCT CASE WHEN hierarchy.state <> 'refused' THEN hierarchy.links END) AS retained,
       collect(CASE WHEN hierarchy.state = 'candidate' THEN hierarchy.version END) AS waiting,
       coalesce(collection.curations, 0) AS curations
