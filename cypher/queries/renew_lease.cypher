// Hold a step for longer and say how far it is. Lock it first.
//
// access:  write
// param:   step     string, its id
// param:   done     integer >= 0
// param:   total    integer or null
// param:   unit     string
// param:   lease_ms integer, how long it may be silent
// returns: until datetime
MATCH (step:Step {id: $step})
SET step.advanced = step.advanced OR $done > step.furthest,
    step.furthest = CASE WHEN $done > step.furthest THEN $done ELSE step.furthest END,
    step.done = $done, step.total = $total, step.unit = $unit,
    step.heard_at = datetime.realtime(),
    step.lease_until = datetime.realtime() + duration({milliseconds: $lease_ms})
RETURN step.lease_until AS until
