// Record a decision of a curator, and count it; how many the collection has had. Lock the collection first.
//
// access:  write
// param:   collection  string, its id
// param:   curation    map {id, kind, state, author, reason, version, concept, other, undoes, details}
// returns: curations integer
MATCH (collection:Collection {id: $collection})
SET collection.curations = coalesce(collection.curations, 0) + 1
CREATE (curation:Curation {collection: $collection, at: datetime.realtime(), number: collection.curations})
SET curation += $curation
WITH collection, curation
UNWIND [about IN [curation.concept, curation.other] WHERE about IS NOT NULL] AS about
MATCH (concept:Concept {id: about})
CREATE (curation)-[:ABOUT]->(concept)
RETURN DISTINCT collection.curations AS curations
