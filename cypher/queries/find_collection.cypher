// One collection, or the default one.
//
// access:  read
// param:   id  string, the collection, or null for the default one
// returns: id string, name string, is_default boolean, version integer or null, concepts integer
MATCH (collection:Collection)
WHERE collection.id = $id OR ($id IS NULL AND collection.is_default)
RETURN collection.id AS id, collection.name AS name, collection.is_default AS is_default,
       collection.version AS version, COUNT { (collection)<-[:IN]-(concept:Concept) WHERE concept.deleted_at IS NULL } AS concepts
