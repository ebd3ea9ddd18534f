// Give a collection a schedule, in the place of the one it has; no row when the collection is unknown.
//
// access:  write
// param:   collection  string, its id
// param:   rule        string of JSON, when
// param:   request     string of JSON, what is asked for each time
// param:   author      string, who set it
// param:   next_at     datetime, when it is due first
// returns: collection string
MATCH (collection:Collection {id: $collection})
SET collection.touched_at = datetime.realtime()
MERGE (collection)<-[:OF]-(schedule:Schedule)
SET schedule.rule = $rule, schedule.request = $request, schedule.author = $author, schedule.next_at = $next_at,
    schedule.set_at = datetime.realtime(), schedule.last_at = null, schedule.last_job = null, schedule.last_said = ''
RETURN collection.id AS collection
