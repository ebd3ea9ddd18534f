// Add PARENT_OF.
//
// access:  write
// param:   edges    list of maps {child, parent, said: map of what was measured}
// param:   version  integer, since when
// returns: written integer
UNWIND $edges AS given
MATCH (child:Concept {id: given.child})
MATCH (parent:Concept {id: given.parent})
CREATE (parent)-[edge:PARENT_OF {since: $version}]->(child)
SET edge += given.said
RETURN count(*) AS written
