// Project a graph that is not in the database: numbered nodes and whom each is joined to, every pair given once.
//
// access:  read
// param:   name   string, of the projection
// param:   nodes  list of maps {node, others}: an integer, and a list of integers, empty for an isolated node
// returns: nodes integer, relationships integer
UNWIND $nodes AS given
UNWIND CASE WHEN size(given.others) = 0 THEN [null] ELSE given.others END AS other
WITH gds.graph.project(
  $name, given.node, other, {relationshipType: 'JOINED'}, {undirectedRelationshipTypes: ['JOINED']}
) AS projection
RETURN projection.nodeCount AS nodes, projection.relationshipCount AS relationships
