// A page of the tracks that express a concept in the current version, or in a staging, by descending score, then id.
//
// access:  read
// param:   id       string, the concept
// param:   staging  integer, or null for the current version's
// param:   score    float, of the last link of the page before, or null for the first page
// param:   track    string, of the last link of the page before, or null for the first page
// param:   limit    integer >= 1
// returns: id string, title string, artist string, album string, duration_s float, uri string, isrc string,
//          mbid string, work string, score float, rank integer, is_example boolean
MATCH (concept:Concept {id: $id})-[:IN]->(collection:Collection)
MATCH (concept)<-[link:EXPRESSES]-(track:Track)
WHERE link.since <= coalesce($staging, collection.links)
  AND (link.until IS NULL OR link.until > coalesce($staging, collection.links))
  AND ($score IS NULL OR link.score < $score OR (link.score = $score AND track.id > $track))
RETURN track.id AS id, track.title AS title, track.artist AS artist, track.album AS album,
       track.duration_s AS duration_s, track.uri AS uri, track.isrc AS isrc, track.mbid AS mbid,
       coalesce(track.work, '') AS work,
       link.score AS score, link.rank AS rank, EXISTS { (track)-[:EXAMPLE_OF]->(concept) } AS is_example
ORDER BY score DESC, id
LIMIT $limit
