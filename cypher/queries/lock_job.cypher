// Take the lock of a job until the transaction ends, then look at it.
//
// access:  write
// param:   job  string, its id
// returns: id string, kind string, collection string, state string
MATCH (job:Job {id: $job})
SET job.touched_at = datetime.realtime()
WITH job
RETURN job.id AS id, job.kind AS kind, job.collection AS collection, job.state AS state
