// Record a version of a collection, current or not yet. Lock the collection first.
//
// access:  write
// param:   collection  string, its id
// param:   version     integer, above every other
// param:   key         string, unique for collection and version
// param:   said        map of the node's other properties
// returns: collection string, version integer, published_at datetime, edges integer, sha256 string,
//          parameters string of JSON, fingerprint string, measures string of JSON, assessed integer, state string,
//          origin string, links integer or null, restores integer or null, author string, note string,
//          reason string, files string of JSON, step string or null
MATCH (collection:Collection {id: $collection})
SET collection.highest = $version
CREATE (hierarchy:Hierarchy {key: $key, collection: $collection, version: $version})
SET hierarchy += $said, hierarchy.published_at = datetime.realtime()
CREATE (hierarchy)-[:OF]->(collection)
RETURN hierarchy.collection AS collection, hierarchy.version AS version, hierarchy.published_at AS published_at,
       hierarchy.edges AS edges, hierarchy.sha256 AS sha256, hierarchy.parameters AS parameters,
       hierarchy.fingerprint AS fingerprint, hierarchy.measures AS measures, hierarchy.assessed AS assessed,
       hierarchy.state AS state, hierarchy.origin AS origin, hierarchy.links AS links,
       hierarchy.restores AS restores, hierarchy.author AS author, hierarchy.note AS note,
       hierarchy.reason AS reason, hierarchy.files AS files, hierarchy.step AS step
