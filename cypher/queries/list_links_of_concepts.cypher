// The strongest tracks of some concepts in the current version, and tracks that they were given.
//
// access:  read
// param:   collection  string, the id of the collection they belong to
// param:   ids         list of strings, concept ids, each once
// param:   limit       integer >= 1, tracks a concept, of either sort
// returns: concept string, tracks list of strings, scores list of floats, given list of strings
MATCH (collection:Collection {id: $collection})
UNWIND $ids AS id
MATCH (concept:Concept {id: id})-[:IN]->(collection)
WITH concept, COLLECT {
  MATCH (concept)<-[link:EXPRESSES]-(track:Track)
  WHERE link.since <= collection.links
    AND (link.until IS NULL OR link.until > collection.links)
  RETURN [track.id, link.score]
  ORDER BY link.score DESC, track.id
  LIMIT $limit
} AS links
RETURN concept.id AS concept, [link IN links | link[0]] AS tracks, [link IN links | link[1]] AS scores,
       COLLECT { MATCH (track:Track)-[:EXAMPLE_OF]->(concept) RETURN track.id ORDER BY track.id LIMIT $limit } AS given
ORDER BY concept
