// Close relationships: a staging no longer holds them.
//
// access:  write
// param:   ids      list of strings, element ids
// param:   staging  integer, until when
// returns: nothing
MATCH ()-[interval]->()
WHERE elementId(interval) IN $ids
SET interval.until = $staging
