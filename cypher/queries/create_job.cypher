// Write down a job; no row when its collection is unknown.
//
// access:  write
// param:   id          string, the job
// param:   kind        string
// param:   collection  string, its id
// param:   parameters  string of JSON
// param:   active      string, the collection whose one active rebuild this is, or null
// param:   key         string, idempotency key, or null
// param:   author      string, who asked; empty when nobody said
// returns: id string
MATCH (collection:Collection {id: $collection})
CREATE (job:Job {id: $id, kind: $kind, collection: collection.id, state: 'queued', parameters: $parameters,
                 active_collection: $active, idempotency_key: $key, error_code: '', error_message: '',
                 author: $author,
                 created_at: datetime.realtime()})
RETURN job.id AS id
