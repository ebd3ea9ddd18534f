// Take the named lock until the transaction ends.
//
// access:  write
// param:   name  string, what is locked
// returns: name string
MERGE (lock:Lock {name: $name})
SET lock.taken_at = datetime.realtime()
RETURN lock.name AS name
