// End a job: what it has not finished is cancelled, and its collection is free for another rebuild. Lock it first.
//
// access:  write
// param:   job      string, its id
// param:   state    string: succeeded, failed or cancelled
// param:   code     string, why it failed; else empty
// param:   message  string, why it failed; else empty
// returns: nothing
MATCH (job:Job {id: $job})
SET job.state = $state, job.error_code = $code, job.error_message = $message, job.finished_at = datetime.realtime(),
    job.active_collection = null
WITH job
MATCH (job)-[:HAS]->(step:Step)
WHERE step.state IN ['queued', 'running']
SET step.state = 'cancelled', step.worker = null, step.lease_until = null, step.finished_at = datetime.realtime()
