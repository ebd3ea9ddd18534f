// What joins some tracks to the concepts of one collection: scores of its current version, and given memberships.
//
// access:  read
// param:   collection  string, its id
// param:   ids         list of strings, track ids, each once
// returns: track string, concepts list of strings, scores list of floats, given list of strings
MATCH (collection:Collection {id: $collection})
UNWIND $ids AS id
MATCH (track:Track {id: id})
WITH collection, track, COLLECT {
  MATCH (track)-[link:EXPRESSES]->(concept:Concept)-[:IN]->(collection)
  WHERE link.since <= collection.links
    AND (link.until IS NULL OR link.until > collection.links)
  RETURN [concept.id, link.score]
} AS links
RETURN track.id AS track, [link IN links | link[0]] AS concepts, [link IN links | link[1]] AS scores,
       COLLECT { MATCH (track)-[:EXAMPLE_OF]->(concept:Concept)-[:IN]->(collection) RETURN concept.id } AS given
ORDER BY track
