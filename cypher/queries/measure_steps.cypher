// How many steps every stage of every kind of job has in each state, and the seconds that their last attempts ran.
//
// access:  read
// returns: kind string, name string, state string, steps integer, seconds float
MATCH (job:Job)-[:HAS]->(step:Step)
WITH job.kind AS kind, step.name AS name, step.state AS state, coalesce(step.attempt_at, step.started_at) AS began,
     step.finished_at AS ended
RETURN kind AS kind, name AS name, state AS state, count(*) AS steps,
       toFloat(coalesce(sum((ended.epochMillis - began.epochMillis) / 1000.0), 0.0)) AS seconds
ORDER BY kind, name, state
