// Give a concept a name that imports leave alone, and further names to be found by. Lock its collection first.
//
// access:  write
// param:   id       string, the concept
// param:   name     string; the one that imports gave it makes it follow imports again
// param:   aliases  list of strings, other names
// returns: nothing
MATCH (concept:Concept {id: $id})
SET concept.given_name = coalesce(concept.given_name, concept.name)
SET concept.name = $name, concept.is_renamed = $name <> concept.given_name, concept.aliases = $aliases
