// One version of a collection, whatever its state.
//
// access:  read
// param:   key  string, unique for collection and version
// returns: collection string, version integer, published_at datetime, edges integer, sha256 string,
//          parameters string of JSON, fingerprint string, measures string of JSON, assessed integer, state string,
//          origin string, links integer or null, restores integer or null, author string, note string,
//          reason string, files string of JSON, step string or null
MATCH (hierarchy:Hierarchy {key: $key})
RETURN hierarchy.collection AS collection, hierarchy.version AS version, hierarchy.published_at AS published_at,
       hierarchy.edges AS edges, hierarchy.sha256 AS sha256, hierarchy.parameters AS parameters,
       hierarchy.fingerprint AS fingerprint, hierarchy.measures AS measures, hierarchy.assessed AS assessed,
       hierarchy.state AS state, hierarchy.origin AS origin, hierarchy.links AS links,
       hierarchy.restores AS restores, hierarchy.author AS author, hierarchy.note AS note,
       hierarchy.reason AS reason, hierarchy.files AS files, hierarchy.step AS step
