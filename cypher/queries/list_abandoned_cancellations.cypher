// Jobs being cancelled whose workers are all gone.
//
// access:  read
// returns: id string
MATCH (job:Job {state: 'cancelling'})
WHERE NOT EXISTS { (job)-[:HAS]->(step:Step {state: 'running'}) WHERE step.lease_until > datetime.realtime() }
RETURN job.id AS id
