// Steps of a job that a worker holds.
//
// access:  read
// param:   job  string, its id
// returns: held integer
MATCH (:Job {id: $job})-[:HAS]->(step:Step {state: 'running'})
WHERE step.lease_until > datetime.realtime()
RETURN count(step) AS held
