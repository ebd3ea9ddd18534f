// Take a collection's schedule away.
//
// access:  write
// param:   collection  string, its id
// returns: removed integer
MATCH (:Collection {id: $collection})<-[:OF]-(schedule:Schedule)
DETACH DELETE schedule
RETURN count(*) AS removed
