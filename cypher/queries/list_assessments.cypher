// What was measured of every concept in one version, and its edges of that version's tree.
//
// access:  read
// param:   key  string of the version
// returns: id string, name string, collection string, kind string, source string, source_key string,
//          status string, reason string, tracks integer, auc float or null, auc_low float or null,
//          auc_high float or null, accuracy float or null, average_precision float or null, p_value float or null,
//          betweenness float or null, depth integer or null, members_sha256 string, vector_sha256 string,
//          parents list of strings or null, similarities list of floats or null, margins list of floats or null,
//          margin_errors list of floats or null, supports list of floats or null, directions list of floats or null,
//          runners_up list of strings or null, pinned list of booleans or null, further list of booleans or null,
//          aliases list of strings, bias string of JSON or null
MATCH (hierarchy:Hierarchy {key: $key})<-[measured:ASSESSED]-(concept:Concept)
RETURN concept.id AS id, coalesce(measured.name, concept.name) AS name, hierarchy.collection AS collection,
       coalesce(measured.kind, concept.kind) AS kind, coalesce(measured.source, concept.source) AS source,
       concept.source_key AS source_key, measured.status AS status, measured.reason AS reason,
       measured.tracks AS tracks, measured.auc AS auc, measured.auc_low AS auc_low, measured.auc_high AS auc_high,
       measured.accuracy AS accuracy, measured.average_precision AS average_precision, measured.p_value AS p_value,
       measured.betweenness AS betweenness, measured.depth AS depth, measured.members_sha256 AS members_sha256,
       measured.vector_sha256 AS vector_sha256, measured.parents AS parents, measured.similarities AS similarities,
       measured.margins AS margins, measured.margin_errors AS margin_errors, measured.supports AS supports,
       measured.directions AS directions, measured.runners_up AS runners_up, measured.pinned AS pinned,
       measured.further AS further, coalesce(measured.aliases, []) AS aliases, measured.bias AS bias
