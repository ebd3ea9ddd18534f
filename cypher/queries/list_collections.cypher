// Every collection, the default first.
//
// access:  read
// returns: id string, name string, is_default boolean, version integer or null, concepts integer
MATCH (collection:Collection)
RETURN collection.id AS id, collection.name AS name, collection.is_default AS is_default,
       collection.version AS version, COUNT { (collection)<-[:IN]-(concept:Concept) WHERE concept.deleted_at IS NULL } AS concepts
ORDER BY is_default DESC, id
