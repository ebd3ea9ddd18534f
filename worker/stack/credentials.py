"""Generated secrets and the addresses that go with them: `<home>/stack.env`, readable by its owner only.

The file has the names of `worker.settings`, so that every process of the stack, the command line and a Compose file
read the same thing. What the environment says at `up` is written down, so that later commands agree without it.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from worker.settings import PREFIX, Settings

FILE = "stack.env"
MODE = 0o600
WRITTEN = (
    "neo4j_uri",
    "neo4j_user",
    "neo4j_password",
    "redis_url",
    "neo4j_bolt_port",
    "neo4j_http_port",
    "redis_port",
    "api_host",
    "api_port",
)
"""Settings that `stack.env` holds."""


def complete(settings: Settings) -> Settings:
    """Fill in what the local stack decides by itself: absolute home, secrets where there are none, addresses.

    Args:
        settings: as read from the environment and `stack.env`.

    Returns:
        A copy whose addresses are those of the local stack.
    """
    password = settings.neo4j_password or SecretStr(secrets.token_urlsafe(24))
    redis_password = redis_secret(settings) or secrets.token_urlsafe(24)
    home = settings.home.expanduser().resolve()
    return settings.model_copy(
        update={
            "home": home,
            "data_dir": settings.data.expanduser().resolve() if settings.data_dir else home / "data",
            "neo4j_uri": f"bolt://127.0.0.1:{settings.neo4j_bolt_port}",
            "neo4j_user": "neo4j",
            "neo4j_password": password,
            "redis_url": SecretStr(f"redis://:{redis_password}@127.0.0.1:{settings.redis_port}/0"),
        }
    )


def redis_secret(settings: Settings) -> str | None:
    """The password inside the Redis URL."""
    if settings.redis_url is None:
        return None
    before_host = settings.redis_url.get_secret_value().partition("://")[2].rpartition("@")[0]
    return before_host.partition(":")[2] or None


def environment(settings: Settings, names: tuple[str, ...] | None = None) -> dict[str, str]:
    """Settings as environment variables, secrets revealed.

    Args:
        settings: what to write.
        names: which; default: all that have a value.
    """
    values: dict[str, str] = {}
    for name in names or tuple(type(settings).model_fields):
        value = getattr(settings, name)
        if value is not None:
            plain = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            values[f"{PREFIX}{name.upper()}"] = plain
    return values


def save(settings: Settings) -> Path:
    """Write `<home>/stack.env` with mode 0600, whole or not at all.

    Returns:
        Its path.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    target = settings.home / FILE
    part = target.with_name(f".{FILE}.{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), MODE)
        file.write("# Secrets and addresses of the local stack. Keep this file to yourself.\n")
        file.writelines(f"{name}={value}\n" for name, value in environment(settings, WRITTEN).items())
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)
    return target
