// Take the lock of a step until the transaction ends, and only then look at its fence and lease.
//
// access:  write
// param:   step  string, its id
// returns: state string, stage integer, fence integer, deaths integer, advanced boolean, live boolean,
//          early boolean, job_state string
MATCH (job:Job)-[:HAS]->(step:Step {id: $step})
SET step.touched_at = datetime.realtime()
WITH job, step
RETURN step.state AS state, step.stage AS stage, step.fence AS fence, step.deaths AS deaths,
       step.advanced AS advanced, coalesce(step.lease_until > datetime.realtime(), false) AS live,
       EXISTS { (job)-[:HAS]->(before:Step) WHERE before.stage < step.stage AND before.state <> 'succeeded' } AS early,
       job.state AS job_state
