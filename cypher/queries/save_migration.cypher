// Record that a migration was applied.
//
// access:  write
// param:   number  integer, from 1
// param:   name    string, of its file
// param:   sha256  string, of its text
// returns: nothing
MERGE (migration:Migration {number: $number})
SET migration.name = $name, migration.sha256 = $sha256, migration.applied_at = datetime.realtime()
