"""Who may do what: API keys by scope, and what needs none.

Conventions: a key comes as `Authorization: Bearer ac_<id>_<secret>`. `read` asks questions, `curate` changes concepts,
versions, tracks and playlists, `jobs` asks for work, `admin` does all of it and makes keys; every scope includes
`read`. Health, the page, its documentation and the help behind problems are open to all.

Why the keys are held here for a few seconds: every request would ask Neo4j otherwise, and reads could not go on while
it is away. A revoked key is refused within `KEYS_LAST_S`, or at once by the process that revoked it.
"""

from __future__ import annotations

import hmac
import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import Literal, get_args

import structlog

from cypher.errors import GraphError
from cypher.keys import ApiKey, secret_sha256
from webapi.errors import KeyRefused, ScopeLacking, WebError

log = structlog.get_logger(__name__)

Scope = Literal["read", "curate", "jobs", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
KEYS_LAST_S = 5.0
FROM_SETTINGS = "settings"
"""Id of the admin key that the deployment was given."""

OPEN = re.compile(r"/(health/.*|docs(/.*)?|static/.*|problems(/.*)?|openapi\.json|favicon\.ico|browser)?")
QUESTIONS = frozenset({"/track-searches", "/recommendations", "/placements", "/playlist-matches"})
"""POSTs that change nothing."""
TOKEN = re.compile(r"ac_([0-9a-f]{12})_([A-Za-z0-9_-]{20,100})")


def scope_of(method: str, path: str) -> Scope | None:
    """What a request needs; None when anybody may.

    Example:
        >>> scope_of("GET", "/concepts"), scope_of("POST", "/jobs/rebuild"), scope_of("GET", "/health/live")
        ('read', 'jobs', None)
    """
    if path.startswith("/api-keys"):
        return "admin"
    safe = method in {"GET", "HEAD", "OPTIONS"}
    if safe and OPEN.fullmatch(path):
        return None
    if safe or path in QUESTIONS:
        return "read"
    return "jobs" if path.startswith(("/jobs", "/schedules")) else "curate"


class Doorkeeper:
    """Knows the keys, and lets requests in."""

    def __init__(self, load: Callable[[], Iterable[ApiKey]], admin_key: str = "") -> None:
        """Know nothing yet.

        Args:
            load: all keys there are.
            admin_key: one that the deployment was given, with every scope; empty: there is none.
        """
        self._load, self._admin = load, secret_sha256(admin_key) if admin_key else ""
        self._lock = threading.Lock()
        self._keys: dict[str, ApiKey] = {}
        self._read_at = float("-inf")

    def admit(self, method: str, path: str, authorization: str | None) -> str | None:
        """Let a request in.

        Returns:
            The id of its key; None when it came without one and needs none.

        Raises:
            KeyRefused: no key, or none that is known.
            ScopeLacking: the key may not do this.
        """
        needed = scope_of(method, path)
        if needed is None:
            return None
        key_id, scopes = self._recognised(authorization)
        if needed not in scopes and "admin" not in scopes and not (needed == "read" and scopes):
            raise ScopeLacking(needed, tuple(sorted(scopes)))
        return key_id

    def forget(self) -> None:
        """Read the keys again at the next request."""
        with self._lock:
            self._read_at = float("-inf")

    def _recognised(self, authorization: str | None) -> tuple[str, frozenset[str]]:
        kind, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if kind.lower() != "bearer" or not token:
            raise KeyRefused("no key was sent")
        digest = secret_sha256(token)
        if self._admin and hmac.compare_digest(digest, self._admin):
            return FROM_SETTINGS, frozenset(SCOPES)
        found = TOKEN.fullmatch(token)
        key = self._known().get(found[1]) if found is not None else None
        if found is None or key is None or key.revoked_at is not None:
            raise KeyRefused("the key is unknown or was revoked")
        if not hmac.compare_digest(secret_sha256(found[2]), key.sha256):
            raise KeyRefused("the key is unknown or was revoked")
        return key.id, frozenset(key.scopes)

    def _known(self) -> dict[str, ApiKey]:
        with self._lock:
            now = time.monotonic()
            if now - self._read_at > KEYS_LAST_S:
                try:
                    self._keys = {key.id: key for key in self._load()}
                except (GraphError, WebError) as error:
                    log.warning("keys_not_read", reason=str(error))  # those that were known still hold
                self._read_at = now
            return self._keys
