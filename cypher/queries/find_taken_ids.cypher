// Concept ids in use that a new one could collide with. Take the lock `concept ids` first.
//
// access:  read
// param:   slugs  list of strings, wished ids
// returns: id string
UNWIND $slugs AS slug
MATCH (concept:Concept)
WHERE concept.id STARTS WITH slug AND (concept.id = slug OR concept.id STARTS WITH slug + '-')
RETURN DISTINCT concept.id AS id
