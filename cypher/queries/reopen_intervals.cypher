// Open relationships again that were closed for a version which holds them after all.
//
// access:  write
// param:   ids  list of strings, element ids
// returns: nothing
MATCH ()-[interval]->()
WHERE elementId(interval) IN $ids
SET interval.until = null
