// Turn PARENT_OF that ended into history.
//
// access:  write
// param:   ids      list of strings, element ids
// param:   version  integer, until when
// returns: nothing
MATCH (parent:Concept)-[edge:PARENT_OF]->(child:Concept)
WHERE elementId(edge) IN $ids
CREATE (parent)-[:WAS_PARENT_OF {since: edge.since, until: $version}]->(child)
DELETE edge
