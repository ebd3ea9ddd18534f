// Give an office up, if it is held by this one.
//
// access:  write
// param:   office  string, its name
// param:   holder  string, who leaves
// returns: nothing
MATCH (office:Lock {name: $office, holder: $holder})
SET office.until = datetime.realtime()
