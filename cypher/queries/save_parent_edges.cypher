// Add PARENT_OF.
//
// access:  write
// param:   edges    list of maps {child, parent, similarity, margin}
// param:   version  integer, since when
// returns: written integer
UNWIND $edges AS given
MATCH (child:Concept {id: given.child})
MATCH (parent:Concept {id: given.parent})
CREATE (parent)-[edge:PARENT_OF {since: $version, pinned: false}]->(child)
SET edge.similarity = given.similarity, edge.margin = given.margin
RETURN count(*) AS written
