// How strongly all tracks together are joined to each concept of a collection: 1 for a given member, else 2 score - 1;
// and how many tracks the whole catalogue has.
//
// Links are summed first and given members put right afterwards: they are few, and asking of every link whether its
// track was given as well took three times as long (200,000 links).
//
// access:  read
// param:   collection  string, its id
// returns: concept string, total float, tracks integer
MATCH (collection:Collection {id: $collection})
WITH collection, COUNT { (:Track) } AS tracks
MATCH (concept:Concept)-[:IN]->(collection)
CALL (collection, concept) {
  MATCH (concept)<-[link:EXPRESSES]-(:Track)
  WHERE link.since <= collection.links
    AND (link.until IS NULL OR link.until > collection.links)
  RETURN sum(2 * link.score - 1) AS linked
}
CALL (collection, concept) {
  MATCH (concept)<-[:EXAMPLE_OF]-(track:Track)
  OPTIONAL MATCH (track)-[link:EXPRESSES]->(concept)
  WHERE link.since <= collection.links
    AND (link.until IS NULL OR link.until > collection.links)
  RETURN sum(1 - coalesce(2 * link.score - 1, 0)) AS given
}
RETURN concept.id AS concept, toFloat(linked + given) AS total, tracks AS tracks
ORDER BY concept
