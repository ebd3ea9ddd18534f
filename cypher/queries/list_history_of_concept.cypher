// One concept in every version that assessed it, newest first: what was measured, its parents and children then.
//
// access:  read
// param:   id  string, the concept
// returns: said map of the properties of ASSESSED, parents list of maps of id and name,
//          children list of maps of id and name,
//          collection string, version integer, published_at datetime, edges integer, sha256 string,
//          parameters string of JSON, fingerprint string, measures string of JSON, state string, origin string,
//          links integer or null, restores integer or null, author string, note string, reason string,
//          files string of JSON, step string or null
MATCH (concept:Concept {id: $id})-[measured:ASSESSED]->(hierarchy:Hierarchy)
WITH measured, hierarchy, concept,
     COLLECT {
       UNWIND coalesce(measured.parents, []) AS above
       MATCH (parent:Concept {id: above})-[named:ASSESSED]->(hierarchy)
       RETURN {id: parent.id, name: coalesce(named.name, parent.name)}
     } AS parents,
     COLLECT {
       MATCH (child:Concept)-[below:ASSESSED]->(hierarchy)
       WHERE concept.id IN below.parents
       RETURN {id: child.id, name: coalesce(below.name, child.name)} ORDER BY child.id
     } AS children
RETURN properties(measured) AS said, parents AS parents, children AS children, hierarchy.collection AS collection,
       hierarchy.version AS version, hierarchy.published_at AS published_at, hierarchy.edges AS edges,
       hierarchy.sha256 AS sha256, hierarchy.parameters AS parameters, hierarchy.fingerprint AS fingerprint,
       hierarchy.measures AS measures, hierarchy.state AS state, hierarchy.origin AS origin,
       hierarchy.links AS links, hierarchy.restores AS restores, hierarchy.author AS author, hierarchy.note AS note,
       hierarchy.reason AS reason, hierarchy.files AS files, hierarchy.step AS step
ORDER BY version DESC
