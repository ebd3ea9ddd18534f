// Concepts similar to one in the current version, or in a staging, strongest direction first.
//
// access:  read
// param:   id       string, the concept
// param:   staging  integer, or null for the current version's
// param:   limit    integer >= 1
// returns: id string, name string, outgoing float or null, incoming float or null,
//          outgoing_error float or null, incoming_error float or null
MATCH (concept:Concept {id: $id})-[:IN]->(collection:Collection)
MATCH (concept)-[edge:SIMILAR_TO]-(other:Concept)
WHERE edge.since <= coalesce($staging, collection.links)
  AND (edge.until IS NULL OR edge.until > coalesce($staging, collection.links))
WITH other, max(CASE WHEN startNode(edge) = concept THEN edge.weight END) AS outgoing,
     max(CASE WHEN endNode(edge) = concept THEN edge.weight END) AS incoming,
     max(CASE WHEN startNode(edge) = concept THEN edge.standard_error END) AS outgoing_error,
     max(CASE WHEN endNode(edge) = concept THEN edge.standard_error END) AS incoming_error, max(edge.weight) AS strongest
RETURN other.id AS id, other.name AS name, outgoing AS outgoing, incoming AS incoming,
       outgoing_error AS outgoing_error, incoming_error AS incoming_error
ORDER BY strongest DESC, id
LIMIT $limit
