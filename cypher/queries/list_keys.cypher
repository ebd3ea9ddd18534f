// Every API key, revoked ones included, oldest first.
//
// access:  read
// returns: id string, name string, scopes list of strings, sha256 string, created_at datetime,
//          revoked_at datetime or null
MATCH (key:ApiKey)
RETURN key.id AS id, key.name AS name, key.scopes AS scopes, key.sha256 AS sha256, key.created_at AS created_at,
       key.revoked_at AS revoked_at
ORDER BY created_at, id
