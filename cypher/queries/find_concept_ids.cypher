// Ids of the concepts that were imported before. Take the lock `concept ids` first.
//
// access:  read
// param:   keys  list of strings, source keys, qualified by collection
// returns: key string, id string
UNWIND $keys AS key
MATCH (concept:Concept {source_key: key})
RETURN concept.source_key AS key, concept.id AS id
