// Take a track out of the catalogue, with its files, memberships and links of every version.
//
// access:  write
// param:   id  string, the track
// returns: files integer, memberships integer, links integer
MATCH (track:Track {id: $id})
WITH track, COUNT { (track)<-[:HOLDS]-(:File) } AS files, COUNT { (track)-[:EXAMPLE_OF]->(:Concept) } AS memberships,
     COUNT { (track)-[:EXPRESSES]->(:Concept) } AS links
OPTIONAL MATCH (file:File)-[:HOLDS]->(track)
DETACH DELETE file
WITH DISTINCT track, files, memberships, links
DETACH DELETE track
RETURN files AS files, memberships AS memberships, links AS links
