// Every concept of a collection as a playlist: how many tracks it was given, and since when it says so.
//
// access:  read
// param:   collection  string, its id
// returns: id string, name string, collection string, kind string, tracks integer, changed_at datetime or null
MATCH (concept:Concept)-[:IN]->(collection:Collection {id: $collection})
WHERE concept.deleted_at IS NULL
RETURN concept.id AS id, concept.name AS name, collection.id AS collection, concept.kind AS kind,
       COUNT { (concept)<-[:EXAMPLE_OF]-(:Track) } AS tracks,
       coalesce(concept.entries_at, concept.created_at) AS changed_at
ORDER BY id
