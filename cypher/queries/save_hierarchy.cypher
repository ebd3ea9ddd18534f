// Record a version and make it the current one of its collection. Lock the collection first.
//
// access:  write
// param:   collection   string, its id
// param:   version      integer
// param:   key          string, unique for collection and version
// param:   edges        integer, PARENT_OF relationships
// param:   sha256       string, over the (child, parent) pairs
// param:   parameters   string of JSON
// param:   fingerprint  string
// param:   measures     string of JSON
// param:   assessed     integer, concepts assessed
// param:   by_step      string, the step that publishes
// returns: collection string, version integer, published_at datetime, edges integer, sha256 string,
//          parameters string of JSON, fingerprint string, measures string of JSON, assessed integer, step string
MATCH (collection:Collection {id: $collection})
SET collection.version = $version
CREATE (hierarchy:Hierarchy {key: $key, collection: $collection, version: $version, state: 'published',
                             published_at: datetime.realtime(), edges: $edges, sha256: $sha256,
                             parameters: $parameters, fingerprint: $fingerprint, measures: $measures,
                             assessed: $assessed, step: $by_step})
CREATE (hierarchy)-[:OF]->(collection)
RETURN hierarchy.collection AS collection, hierarchy.version AS version, hierarchy.published_at AS published_at,
       hierarchy.edges AS edges, hierarchy.sha256 AS sha256, hierarchy.parameters AS parameters,
       hierarchy.fingerprint AS fingerprint, hierarchy.measures AS measures, hierarchy.assessed AS assessed,
       hierarchy.step AS step
