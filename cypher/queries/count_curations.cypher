// How many decisions a collection has had; one more means that there is something new to keep to.
//
// access:  read
// param:   collection  string, its id
// returns: curations integer
MATCH (collection:Collection {id: $collection})
RETURN coalesce(collection.curations, 0) AS curations
