"""API keys in the graph: what each may do, and the hash that proves it; the secret itself is nowhere.

Conventions: a key is `ac_<id>_<secret>`, the secret 256 random bits; SHA-256 of it is kept, which for a secret of that
size needs no salt and no slow hash. A revoked key stays, so that what was done with it can be told.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cypher.errors import UnknownKey
from cypher.loader import load_query

if TYPE_CHECKING:
    from cypher.runner import Row, Runner


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key."""

    id: str
    name: str
    scopes: tuple[str, ...]
    sha256: str
    """Of its secret."""
    created_at: datetime
    revoked_at: datetime | None


def secret_sha256(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class KeyStore:
    """Makes, lists and revokes keys."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def create(self, name: str, scopes: Sequence[str]) -> tuple[ApiKey, str]:
        """Make a key.

        Args:
            name: what it is for.
            scopes: what it may do.

        Returns:
            The key, and the text that proves it; this is the only time that it can be seen.
        """
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        rows = self._runner.run(
            load_query("save_key"), id=key_id, name=name, scopes=sorted(set(scopes)), sha256=secret_sha256(secret)
        )
        return _key(rows[0]), f"ac_{key_id}_{secret}"

    def all(self) -> list[ApiKey]:
        """Every key, revoked ones included, oldest first."""
        return [_key(row) for row in self._runner.run(load_query("list_keys"))]

    def revoke(self, key_id: str) -> ApiKey:
        """Revoke a key.

        Raises:
            UnknownKey: there is none of that id.
        """
        rows = self._runner.run(load_query("revoke_key"), id=key_id)
        if not rows:
            raise UnknownKey(key_id)
        return _key(rows[0])


def _key(row: Row) -> ApiKey:
    return ApiKey(**{**row, "scopes": tuple(row["scopes"])})
