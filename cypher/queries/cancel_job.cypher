// Ask for the end of a job: queued steps are cancelled at once, held ones are counted. Lock it first.
//
// access:  write
// param:   job  string, its id
// returns: held integer
MATCH (job:Job {id: $job})
SET job.state = 'cancelling'
WITH job
OPTIONAL MATCH (job)-[:HAS]->(step:Step)
WHERE step.state IN ['queued', 'running']
FOREACH (idle IN CASE WHEN step.state = 'queued' THEN [step] ELSE [] END | SET idle.state = 'cancelled')
RETURN count(CASE WHEN step.state = 'running' AND step.lease_until > datetime.realtime() THEN 1 END) AS held
