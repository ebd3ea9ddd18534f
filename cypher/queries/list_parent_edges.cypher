// PARENT_OF of a collection, by the collection of the child.
//
// access:  read
// param:   collection  string, its id
// returns: id string, child string, parent string, similarity float or null, margin float or null,
//          margin_error float or null, support float or null, direction float or null, runner_up string or null,
//          pinned boolean, further boolean or null, since integer or null
MATCH (child:Concept)-[:IN]->(:Collection {id: $collection})
MATCH (parent:Concept)-[edge:PARENT_OF]->(child)
RETURN elementId(edge) AS id, child.id AS child, parent.id AS parent, edge.similarity AS similarity,
       edge.margin AS margin, edge.margin_error AS margin_error, edge.support AS support,
       edge.direction AS direction, edge.runner_up AS runner_up, coalesce(edge.pinned, false) AS pinned,
       edge.further AS further, edge.since AS since
