// Make or update concepts of a collection; the id is set once, the name of one that a curator renamed stays, and one
// that was deleted is there again.
//
// access:  write
// param:   collection  string, its id
// param:   concepts    list of maps {key, id, name, kind, source}
// returns: nothing
MATCH (collection:Collection {id: $collection})
UNWIND $concepts AS given
MERGE (concept:Concept {source_key: given.key})
ON CREATE SET concept.id = given.id, concept.status = 'waiting', concept.reason = '',
              concept.created_at = datetime.realtime()
SET concept.name = CASE WHEN concept.is_renamed THEN concept.name ELSE given.name END,
    concept.given_name = given.name, concept.kind = given.kind, concept.source = given.source,
    concept.deleted_at = null
MERGE (concept)-[:IN]->(collection)
