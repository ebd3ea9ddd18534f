// One decision of a curator.
//
// access:  read
// param:   id  string, the curation
// returns: id string, collection string, kind string, state string, author string, reason string, at datetime,
//          version integer, concept string, concept_name string, other string or null, other_name string or null,
//          undoes string or null, details string of JSON
MATCH (curation:Curation {id: $id})
OPTIONAL MATCH (concept:Concept {id: curation.concept})
OPTIONAL MATCH (other:Concept {id: curation.other})
RETURN curation.id AS id, curation.collection AS collection, curation.kind AS kind, curation.state AS state,
       curation.author AS author, curation.reason AS reason, curation.at AS at, curation.version AS version,
       curation.concept AS concept, concept.name AS concept_name, curation.other AS other, other.name AS other_name,
       curation.undoes AS undoes, curation.details AS details
