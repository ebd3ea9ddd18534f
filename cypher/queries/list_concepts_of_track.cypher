// Concepts a track expresses in the current version of each collection, or of one, by descending score.
//
// access:  read
// param:   id          string, the track
// param:   collection  string, its id, or null for all
// returns: id string, name string, collection string, score float, rank integer, is_example boolean
MATCH (track:Track {id: $id})-[link:EXPRESSES]->(concept:Concept)-[:IN]->(collection:Collection)
WHERE link.since <= collection.links AND (link.until IS NULL OR link.until > collection.links)
  AND ($collection IS NULL OR collection.id = $collection)
RETURN concept.id AS id, concept.name AS name, collection.id AS collection, link.score AS score, link.rank AS rank,
       EXISTS { (track)-[:EXAMPLE_OF]->(concept) } AS is_example
ORDER BY score DESC, id
