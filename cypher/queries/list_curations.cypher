// Decisions of curators, newest first.
//
// access:  read
// param:   collection  string or null, only those of this collection
// param:   concept     string or null, only those about this concept
// param:   state       string or null, only those in this state
// param:   before      string or null, id of the last one of the page before
// param:   limit       integer >= 1
// returns: id string, collection string, kind string, state string, author string, reason string, at datetime,
//          version integer, concept string, concept_name string, other string or null, other_name string or null,
//          undoes string or null, details string of JSON
OPTIONAL MATCH (last:Curation {id: $before})
WITH last.at AS at, last.id AS id
MATCH (curation:Curation)
WHERE ($collection IS NULL OR curation.collection = $collection)
  AND ($concept IS NULL OR curation.concept = $concept OR curation.other = $concept)
  AND ($state IS NULL OR curation.state = $state)
  AND (at IS NULL OR curation.at < at OR (curation.at = at AND curation.id > id))
WITH curation ORDER BY curation.at DESC, curation.id LIMIT $limit
OPTIONAL MATCH (concept:Concept {id: curation.concept})
OPTIONAL MATCH (other:Concept {id: curation.other})
RETURN curation.id AS id, curation.collection AS collection, curation.kind AS kind, curation.state AS state,
       curation.author AS author, curation.reason AS reason, curation.at AS at, curation.version AS version,
       curation.concept AS concept, concept.name AS concept_name, curation.other AS other, other.name AS other_name,
       curation.undoes AS undoes, curation.details AS details
ORDER BY at DESC, id
