// A decision does not hold any more. Lock its collection first.
//
// access:  write
// param:   id     string, the curation
// param:   state  string: undone or replaced
// returns: nothing
MATCH (curation:Curation {id: $id})
SET curation.state = $state
