// Those of the concept ids that exist, in one collection or anywhere.
//
// access:  read
// param:   collection  string, its id, or null for any
// param:   ids         list of strings, concept ids
// returns: id string
UNWIND $ids AS id
MATCH (concept:Concept {id: id})-[:IN]->(collection:Collection)
WHERE $collection IS NULL OR collection.id = $collection
RETURN concept.id AS id
