// Take a playlist's tracks and entries away, and keep it out of every later version.
//
// access:  write
// param:   id  string, the concept
// returns: memberships integer, is_assessed boolean
MATCH (concept:Concept {id: $id})
WITH concept, COLLECT { MATCH (concept)<-[example:EXAMPLE_OF]-(:Track) RETURN example } AS examples
FOREACH (example IN examples | DELETE example)
SET concept.deleted_at = datetime.realtime(), concept.entries = null
RETURN size(examples) AS memberships, EXISTS { (concept)-[:ASSESSED]->(:Hierarchy) } AS is_assessed
