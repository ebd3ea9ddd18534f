// Steps of a job, in the order of stage, name, shard.
//
// access:  read
// param:   job  string, its id
// returns: id string, job_id string, name string, stage integer, shard integer, queue string, state string,
//          attempts integer, deaths integer, done integer, total integer or null, unit string,
//          payload string of JSON, result string of JSON or null, started_at datetime or null,
//          finished_at datetime or null, attempt_at datetime or null, heard_at datetime or null
MATCH (job:Job {id: $job})-[:HAS]->(step:Step)
RETURN step.id AS id, job.id AS job_id, step.name AS name, step.stage AS stage, step.shard AS shard,
       step.queue AS queue, step.state AS state, step.attempts AS attempts, step.deaths AS deaths, step.done AS done,
       step.total AS total, step.unit AS unit, step.payload AS payload, step.result AS result,
       step.started_at AS started_at, step.finished_at AS finished_at, step.attempt_at AS attempt_at,
       step.heard_at AS heard_at
ORDER BY stage, name, shard
