// Take the lock of the job of a step until the transaction ends, then look at it.
//
// access:  write
// param:   step  string, its id
// returns: id string, kind string, collection string, state string
MATCH (job:Job)-[:HAS]->(:Step {id: $step})
SET job.touched_at = datetime.realtime()
WITH job
RETURN job.id AS id, job.kind AS kind, job.collection AS collection, job.state AS state
