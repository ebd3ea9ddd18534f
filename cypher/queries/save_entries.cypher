// Keep the entries of a playlist as they were given, those that name no known track included.
//
// access:  write
// param:   id       string, the concept
// param:   entries  list of strings of JSON, in order
// returns: nothing
MATCH (concept:Concept {id: $id})
SET concept.entries = $entries, concept.entries_at = datetime.realtime()
