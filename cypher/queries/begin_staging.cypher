// Hand out the next number of a set of similarities and links, once a step. Lock the collection first.
//
// access:  write
// param:   collection  string, its id
// param:   step        string, the step that asks
// returns: staging integer
MATCH (collection:Collection {id: $collection})
WITH collection, coalesce(collection.stagings, 0) AS latest,
     CASE WHEN collection.begun_by = $step THEN 0 ELSE 1 END AS more
SET collection.stagings = latest + more, collection.begun_by = $step
RETURN collection.stagings AS staging
