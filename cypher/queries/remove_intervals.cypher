// Remove relationships that were staged for a version which does not hold them after all.
//
// access:  write
// param:   ids  list of strings, element ids
// returns: nothing
MATCH ()-[interval]->()
WHERE elementId(interval) IN $ids
DELETE interval
