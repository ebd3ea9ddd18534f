// Make or rename a collection; the first one is the default. Take the lock `collections` first.
//
// access:  write
// param:   id    string, the collection
// param:   name  string, what people call it
// returns: id string
OPTIONAL MATCH (first:Collection {is_default: true})
WITH first IS NULL AS is_default
MERGE (collection:Collection {id: $id})
ON CREATE SET collection.is_default = is_default, collection.created_at = datetime.realtime()
SET collection.name = $name
RETURN collection.id AS id
