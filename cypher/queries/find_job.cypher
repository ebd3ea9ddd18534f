// One job.
//
// access:  read
// param:   job  string, its id
// returns: id string, kind string, collection string, state string, parameters string of JSON, created_at datetime,
//          started_at datetime or null, finished_at datetime or null, result_version integer or null,
//          error_code string, error_message string, author string, expected string of JSON, read_at datetime
MATCH (job:Job {id: $job})
RETURN job.id AS id, job.kind AS kind, job.collection AS collection, job.state AS state,
       job.parameters AS parameters, job.created_at AS created_at, job.started_at AS started_at,
       job.finished_at AS finished_at, job.result_version AS result_version, job.error_code AS error_code,
       job.error_message AS error_message, coalesce(job.author, '') AS author,
       coalesce(job.expected, '{}') AS expected, datetime.realtime() AS read_at
