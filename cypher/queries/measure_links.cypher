// How strongly all tracks together are joined to each concept of a collection: 1 for a given member, else 2 score - 1;
// and how many tracks the whole catalogue has.
//
// access:  read
// param:   collection  string, its id
// returns: concept string, total float, tracks integer
MATCH (collection:Collection {id: $collection})
WITH collection, COUNT { (:Track) } AS tracks
MATCH (concept:Concept)-[:IN]->(collection)
WITH collection, tracks, concept, COUNT { (concept)<-[:EXAMPLE_OF]-(:Track) } AS given
OPTIONAL MATCH (concept)<-[link:EXPRESSES]-(track:Track)
WHERE link.since <= collection.links
  AND (link.until IS NULL OR link.until > collection.links)
  AND NOT EXISTS { (track)-[:EXAMPLE_OF]->(concept) }
WITH concept, tracks, given, sum(2 * link.score - 1) AS strength
RETURN concept.id AS concept, toFloat(given + strength) AS total, tracks AS tracks
ORDER BY concept
