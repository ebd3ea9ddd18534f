"""The store of API keys in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from cypher.errors import GraphUnavailable, UnknownKey
from cypher.keys import ApiKey, secret_sha256


class KeyRing:
    """The store of keys in memory."""

    def __init__(self):
        self.made, self.reads, self.away = [], 0, False

    def create(self, name, scopes):
        number = f"{len(self.made):012x}"
        secret = f"secret-of-{number}"
        made = ApiKey(number, name, tuple(sorted(set(scopes))), secret_sha256(secret), datetime.now(UTC), None)
        self.made.append(made)
        return made, f"ac_{number}_{secret}"

    def all(self):
        self.reads += 1
        if self.away:
            raise GraphUnavailable("bolt://fake", "switched off")
        return list(self.made)

    def revoke(self, key_id):
        for place, key in enumerate(self.made):
            if key.id == key_id:
                self.made[place] = replace(key, revoked_at=datetime.now(UTC))
                return self.made[place]
        raise UnknownKey(key_id)
