// End a step, or give it back. Lock it first.
//
// access:  write
// param:   step    string, its id
// param:   state   string: queued, succeeded, failed or cancelled
// param:   result  string of JSON, or null
// returns: nothing
MATCH (step:Step {id: $step})
SET step.state = $state, step.result = coalesce($result, step.result), step.worker = null, step.lease_until = null,
    step.done = CASE WHEN $state = 'succeeded' AND step.total IS NOT NULL THEN step.total ELSE step.done END,
    step.finished_at = CASE WHEN $state = 'queued' THEN null ELSE datetime.realtime() END
