// A page of jobs, newest first.
//
// access:  read
// param:   collection  string, its id, or null for all
// param:   state       string, or null for all
// param:   before      string, the last job of the page before, or null for the first page
// param:   limit       integer >= 1
// returns: id string, kind string, collection string, state string, parameters string of JSON, created_at datetime,
//          started_at datetime or null, finished_at datetime or null, result_version integer or null,
//          error_code string, error_message string, author string, expected string of JSON, read_at datetime
OPTIONAL MATCH (last:Job {id: $before})
MATCH (job:Job)
WHERE ($collection IS NULL OR job.collection = $collection) AND ($state IS NULL OR job.state = $state)
  AND (last IS NULL OR job.created_at < last.created_at OR (job.created_at = last.created_at AND job.id < last.id))
RETURN job.id AS id, job.kind AS kind, job.collection AS collection, job.state AS state,
       job.parameters AS parameters, job.created_at AS created_at, job.started_at AS started_at,
       job.finished_at AS finished_at, job.result_version AS result_version, job.error_code AS error_code,
       job.error_message AS error_message, coalesce(job.author, '') AS author,
       coalesce(job.expected, '{}') AS expected, datetime.realtime() AS read_at
ORDER BY created_at DESC, id DESC
LIMIT $limit
