// Decisions that stand, in the order in which they were made.
//
// access:  read
// param:   collection  string, its id
// returns: id string, kind string, concept string, other string or null
MATCH (curation:Curation {collection: $collection, state: 'standing'})
RETURN curation.id AS id, curation.kind AS kind, curation.concept AS concept, curation.other AS other
ORDER BY curation.number
