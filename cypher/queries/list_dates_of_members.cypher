// When the example tracks of a collection's concepts were added, where it is known.
//
// access:  read
// param:   collection  string, its id
// returns: concept string, dates list of maps of track and added_at
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
RETURN concept.id AS concept, COLLECT {
  MATCH (track:Track)-[example:EXAMPLE_OF]->(concept)
  WHERE example.added_at IS NOT NULL
  RETURN {track: track.id, added_at: example.added_at}
} AS dates
ORDER BY concept
