// Migrations that were applied.
//
// access:  read
// returns: number integer, sha256 string
MATCH (migration:Migration)
RETURN migration.number AS number, migration.sha256 AS sha256
ORDER BY number
