// One version of a collection.
//
// access:  read
// param:   key  string, unique for collection and version
// returns: collection string, version integer, published_at datetime, edges integer, sha256 string,
//          parameters string of JSON, fingerprint string, measures string of JSON, assessed integer, step string
MATCH (hierarchy:Hierarchy {key: $key})
RETURN hierarchy.collection AS collection, hierarchy.version AS version, hierarchy.published_at AS published_at,
       hierarchy.edges AS edges, hierarchy.sha256 AS sha256, hierarchy.parameters AS parameters,
       hierarchy.fingerprint AS fingerprint, hierarchy.measures AS measures, hierarchy.assessed AS assessed,
       hierarchy.step AS step
