// Take the lock of a concept until the transaction ends; nothing for one that is not there.
//
// access:  write
// param:   id  string, the concept
// returns: now datetime
MATCH (concept:Concept {id: $id})
SET concept.touched_at = datetime.realtime()
RETURN concept.touched_at AS now
