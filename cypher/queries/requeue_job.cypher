// Queue an ended job again: finished steps stay, the others start anew. Lock it first.
//
// access:  write
// param:   job     string, its id
// param:   active  string, the collection whose one active rebuild this is, or null
// returns: nothing
MATCH (job:Job {id: $job})
SET job.state = 'queued', job.active_collection = $active, job.error_code = '', job.error_message = '',
    job.finished_at = null
WITH job
MATCH (job)-[:HAS]->(step:Step)
WHERE step.state <> 'succeeded'
SET step.state = 'queued', step.deaths = 0, step.advanced = false, step.furthest = 0, step.done = 0,
    step.finished_at = null
