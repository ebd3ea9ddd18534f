// Record how long the stages of a job are expected to take.
//
// access:  write
// param:   job       string, its id
// param:   expected  string of JSON, seconds by stage
// returns: nothing
MATCH (job:Job {id: $job})
SET job.expected = $expected
