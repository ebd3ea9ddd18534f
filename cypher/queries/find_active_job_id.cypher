// The rebuild of a collection that has not ended.
//
// access:  read
// param:   collection  string, its id
// returns: id string
MATCH (job:Job {active_collection: $collection})
RETURN job.id AS id
