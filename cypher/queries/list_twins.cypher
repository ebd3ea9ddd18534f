// Pairs of concepts that sound like one another both ways and share tracks, in the current version of a collection.
//
// access:  read
// param:   collection      string, its id
// param:   min_similarity  float, the weight of each direction reaches it
// param:   min_jaccard     float, tracks of both over tracks of either reach it; 0 asks for a shared track alone
// param:   limit           integer >= 1
// returns: first string, first_name string, second string, second_name string, there float, back float,
//          there_error float or null, back_error float or null, shared integer, jaccard float
MATCH (collection:Collection {id: $collection})<-[:IN]-(one:Concept)-[there:SIMILAR_TO]->(other:Concept)
WHERE there.weight >= $min_similarity AND there.since <= collection.links
  AND (there.until IS NULL OR there.until > collection.links)
MATCH (other)-[back:SIMILAR_TO]->(one)
WHERE back.weight >= $min_similarity AND back.since <= collection.links
  AND (back.until IS NULL OR back.until > collection.links)
WITH one, other, there, back, COUNT { (:Track)-[:EXAMPLE_OF]->(one) } AS mine,
     COUNT { (:Track)-[:EXAMPLE_OF]->(other) } AS its
WHERE mine > its OR (mine = its AND one.id < other.id)
WITH one, other, there, back, mine, its, COUNT {
  MATCH (other)<-[:EXAMPLE_OF]-(track:Track)
  WHERE EXISTS { (track)-[:EXAMPLE_OF]->(one) }
} AS shared
WHERE shared > 0
WITH one, other, there, back, shared, toFloat(shared) / (mine + its - shared) AS jaccard
WHERE jaccard >= $min_jaccard
RETURN one.id AS first, one.name AS first_name, other.id AS second, other.name AS second_name, there.weight AS there,
       back.weight AS back, there.standard_error AS there_error, back.standard_error AS back_error, shared AS shared,
       jaccard AS jaccard
ORDER BY jaccard DESC, first, second
LIMIT $limit
