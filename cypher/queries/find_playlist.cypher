// One concept as a playlist: its example tracks with their places, and its entries where they were kept.
//
// access:  read
// param:   id  string, the concept
// returns: id string, name string, given_name string, collection string, kind string, source string,
//          source_key string, entries list of strings of JSON or null, changed_at datetime or null,
//          members list of maps of track and added_at and position
MATCH (concept:Concept {id: $id})-[:IN]->(collection:Collection)
WHERE concept.deleted_at IS NULL
RETURN concept.id AS id, concept.name AS name, coalesce(concept.given_name, concept.name) AS given_name,
       collection.id AS collection, concept.kind AS kind, concept.source AS source, concept.source_key AS source_key,
       concept.entries AS entries, coalesce(concept.entries_at, concept.created_at) AS changed_at, COLLECT {
  MATCH (track:Track)-[example:EXAMPLE_OF]->(concept)
  RETURN {track: track.id, added_at: example.added_at, position: example.position}
} AS members
