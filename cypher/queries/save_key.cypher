// Keep a new API key by the hash of its secret.
//
// access:  write
// param:   id      string
// param:   name    string, what it is for
// param:   scopes  list of strings
// param:   sha256  string, of the secret
// returns: id string, name string, scopes list of strings, sha256 string, created_at datetime,
//          revoked_at datetime or null
CREATE (key:ApiKey {id: $id, name: $name, scopes: $scopes, sha256: $sha256, created_at: datetime.realtime()})
RETURN key.id AS id, key.name AS name, key.scopes AS scopes, key.sha256 AS sha256, key.created_at AS created_at,
       key.revoked_at AS revoked_at
