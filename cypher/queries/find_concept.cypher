// One concept.
//
// access:  read
// param:   id  string, the concept
// returns: id string, name string, collection string, kind string, source string, source_key string,
//          status string, reason string, tracks integer, auc float or null, auc_low float or null,
//          auc_high float or null, accuracy float or null, average_precision float or null, p_value float or null,
//          betweenness float or null, depth integer or null, aliases list of strings,
//          bias string of JSON or null
MATCH (concept:Concept {id: $id})-[:IN]->(collection:Collection)
RETURN concept.id AS id, concept.name AS name, collection.id AS collection, concept.kind AS kind,
       concept.source AS source, concept.source_key AS source_key, concept.status AS status,
       concept.reason AS reason, COUNT { (concept)<-[:EXAMPLE_OF]-(:Track) } AS tracks, concept.auc AS auc,
       concept.auc_low AS auc_low, concept.auc_high AS auc_high, concept.accuracy AS accuracy,
       concept.average_precision AS average_precision, concept.p_value AS p_value,
       concept.betweenness AS betweenness, concept.depth AS depth,
       coalesce(concept.aliases, []) AS aliases, concept.bias AS bias
