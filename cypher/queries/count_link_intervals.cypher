// How many EXPRESSES of a collection there are, by the stagings that show them.
//
// access:  read
// param:   collection  string, its id
// returns: since integer, until integer with 0 for open, count integer
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
MATCH (concept)<-[edge:EXPRESSES]-(:Track)
RETURN edge.since AS since, coalesce(edge.until, 0) AS until, count(*) AS count
