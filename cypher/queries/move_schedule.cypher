// Say what came of a schedule's time and when the next one is; nothing when it was changed meanwhile.
// Moments are compared, not times with their zones, which are unequal when they say the same in another zone.
//
// access:  write
// param:   collection  string, its id
// param:   due_at      datetime, the time that was served
// param:   next_at     datetime, the next one
// param:   job         string, the job that was asked for or stood in the way, or null
// param:   said        string, what came of it
// returns: moved integer
MATCH (:Collection {id: $collection})<-[:OF]-(schedule:Schedule)
SET schedule.touched_at = datetime.realtime()
WITH schedule
WHERE schedule.next_at.epochMillis = $due_at.epochMillis
SET schedule.next_at = $next_at, schedule.last_at = datetime.realtime(), schedule.last_job = $job,
    schedule.last_said = $said
RETURN count(*) AS moved
