// Schedules, by collection.
//
// access:  read
// param:   collection  string, its id, or null for all
// returns: collection string, rule string of JSON, request string of JSON, author string, set_at datetime,
//          next_at datetime, last_at datetime or null, last_job string or null, last_said string, read_at datetime
MATCH (collection:Collection)<-[:OF]-(schedule:Schedule)
WHERE $collection IS NULL OR collection.id = $collection
RETURN collection.id AS collection, schedule.rule AS rule, schedule.request AS request, schedule.author AS author,
       schedule.set_at AS set_at, schedule.next_at AS next_at, schedule.last_at AS last_at,
       schedule.last_job AS last_job, schedule.last_said AS last_said, datetime.realtime() AS read_at
ORDER BY collection
