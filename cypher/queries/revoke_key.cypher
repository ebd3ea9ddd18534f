// Revoke an API key; one that is revoked already stays as it is.
//
// access:  write
// param:   id  string
// returns: id string, name string, scopes list of strings, sha256 string, created_at datetime,
//          revoked_at datetime or null
MATCH (key:ApiKey {id: $id})
SET key.revoked_at = coalesce(key.revoked_at, datetime.realtime())
RETURN key.id AS id, key.name AS name, key.scopes AS scopes, key.sha256 AS sha256, key.created_at AS created_at,
       key.revoked_at AS revoked_at
