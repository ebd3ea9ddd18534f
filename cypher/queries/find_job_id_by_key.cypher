// The job an idempotency key belongs to.
//
// access:  read
// param:   key  string
// returns: id string
MATCH (job:Job {idempotency_key: $key})
RETURN job.id AS id
