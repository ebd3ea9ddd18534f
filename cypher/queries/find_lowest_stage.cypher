// The lowest stage of a job with an unfinished step; null when all are finished.
//
// access:  read
// param:   job  string, its id
// returns: stage integer or null
MATCH (:Job {id: $job})-[:HAS]->(step:Step)
WHERE step.state <> 'succeeded'
RETURN min(step.stage) AS stage
