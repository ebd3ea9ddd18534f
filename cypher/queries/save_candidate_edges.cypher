// Draw the tree of a version that waits at the gate.
//
// access:  write
// param:   edges    list of maps {child, parent, said: map of what was measured}
// param:   version  integer, the one that waits
// returns: written integer
UNWIND $edges AS given
MATCH (child:Concept {id: given.child})
MATCH (parent:Concept {id: given.parent})
CREATE (parent)-[edge:CANDIDATE_PARENT_OF {version: $version}]->(child)
SET edge += given.said
RETURN count(*) AS written
