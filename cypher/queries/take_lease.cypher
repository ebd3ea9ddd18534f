// Give a step to a worker. Lock job and step first.
//
// access:  write
// param:   step     string, its id
// param:   worker   string, who gets it
// param:   deaths   integer, leases in a row that ran out without progress
// param:   lease_ms integer, how long it may be silent
// returns: job string, collection string, fence integer, until datetime
MATCH (job:Job)-[:HAS]->(step:Step {id: $step})
SET job.state = 'running', job.started_at = coalesce(job.started_at, datetime.realtime()),
    step.state = 'running', step.started_at = coalesce(step.started_at, datetime.realtime()),
    step.fence = step.fence + 1, step.attempts = step.attempts + 1, step.deaths = $deaths, step.advanced = false,
    step.done = 0, step.attempt_at = datetime.realtime(), step.heard_at = datetime.realtime(),
    step.worker = $worker, step.lease_until = datetime.realtime() + duration({milliseconds: $lease_ms})
RETURN job.id AS job, job.collection AS collection, step.fence AS fence, step.lease_until AS until
