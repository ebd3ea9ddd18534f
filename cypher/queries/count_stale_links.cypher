// How many EXPRESSES no retained version would show.
//
// access:  read
// param:   collection  string, its id
// param:   retained    list of integers, the stagings that versions show
// returns: stale integer
MATCH (concept:Concept)-[:IN]->(:Collection {id: $collection})
MATCH (concept)<-[edge:EXPRESSES]-(:Track)
WHERE none(one IN $retained WHERE edge.since <= one AND (edge.until IS NULL OR edge.until > one))
RETURN count(edge) AS stale
