// Record the version a job has published.
//
// access:  write
// param:   job      string, its id
// param:   version  integer
// returns: nothing
MATCH (job:Job {id: $job})
SET job.result_version = $version
