// Finished steps of the latest jobs of a kind that have begun, newest job first; long results are left out.
//
// access:  read
// param:   kind   string, of jobs
// param:   long   list of strings, names of steps whose results are not wanted
// param:   limit  integer >= 1, jobs at most
// returns: job_id string, collection string, job_state string, parameters string of JSON, name string,
//          result string of JSON, attempt_at datetime, finished_at datetime
MATCH (job:Job {kind: $kind})
WHERE job.started_at IS NOT NULL
WITH job ORDER BY job.created_at DESC, job.id DESC LIMIT $limit
MATCH (job)-[:HAS]->(step:Step {state: 'succeeded'})
WHERE step.finished_at IS NOT NULL AND step.started_at IS NOT NULL
RETURN job.id AS job_id, job.collection AS collection, job.state AS job_state, job.parameters AS parameters,
       step.name AS name, CASE WHEN step.name IN $long THEN '{}' ELSE coalesce(step.result, '{}') END AS result,
       coalesce(step.attempt_at, step.started_at) AS attempt_at, step.finished_at AS finished_at
ORDER BY job.created_at DESC, job_id, step.stage, step.shard
