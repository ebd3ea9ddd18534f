// Turn PARENT_OF that ended into history; one that was never published, because somebody drew it by hand, just goes.
//
// access:  write
// param:   ids      list of strings, element ids
// param:   version  integer, until when
// returns: nothing
MATCH (parent:Concept)-[edge:PARENT_OF]->(child:Concept)
WHERE elementId(edge) IN $ids
FOREACH (since IN CASE WHEN edge.since IS NULL THEN [] ELSE [edge.since] END |
  CREATE (parent)-[:WAS_PARENT_OF {since: since, until: $version}]->(child)
)
DELETE edge
