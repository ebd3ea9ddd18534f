"""What the processes of the stack are called, how each is started, and after whom.

The names are those of the services in `docker-compose.yml`; a test holds the two together.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import worker
from worker.settings import PREFIX, Settings
from worker.stack import credentials, neo4j_server, questions, redis_server
from worker.stack.errors import UnknownProcess
from worker.stack.jars import Jars

API_THREADS = 16


@dataclass(frozen=True)
class Process:
    """One process of the stack.

    `ports` are (setting, what for) pairs; `after` names the processes whose first port must listen before this one
    starts; `grace_s` is how long an orderly stop waits before the group is killed.
    """

    name: str
    command: Callable[[Settings, Jars], list[str]]
    ports: tuple[tuple[str, str], ...] = ()
    after: tuple[str, ...] = ()
    grace_s: float = 10.0


def _neo4j(settings: Settings, jars: Jars) -> list[str]:
    return neo4j_server.prepare(settings, settings.home / "neo4j", jars)


def _redis(settings: Settings, _: Jars) -> list[str]:
    return redis_server.prepare(settings.home / "redis", settings.redis_port, credentials.redis_secret(settings) or "")


def _worker(queue: str) -> Callable[[Settings, Jars], list[str]]:
    def command(_settings: Settings, _jars: Jars) -> list[str]:
        celery = [sys.executable, "-m", "celery", "--app", "worker.jobs.app:app", "worker"]
        return [
            *celery,
            *("--queues", queue),
            *("--hostname", questions.worker_node(queue)),
            *("--pool", "prefork"),
            *("--concurrency", "1"),
            *("--loglevel", "INFO"),
            *("--without-gossip", "--without-mingle"),
        ]

    return command


def _api(settings: Settings, _: Jars) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "webapi.wsgi:app"),
        *("--bind", f"{settings.api_host}:{settings.api_port}"),
        *("--worker-class", "gthread"),
        *("--workers", "1"),
        *("--threads", str(API_THREADS)),
        *("--worker-tmp-dir", str(settings.home / "run")),
        *("--graceful-timeout", "5"),
        *("--no-control-socket",),
    ]


ROSTER: tuple[Process, ...] = (
    Process("neo4j", _neo4j, (("neo4j_bolt_port", "Bolt"), ("neo4j_http_port", "Neo4j Browser")), grace_s=30.0),
    Process("redis", _redis, (("redis_port", "Redis"),)),
    Process("worker-gpu", _worker("gpu"), after=("neo4j", "redis")),
    Process("worker-cpu", _worker("cpu"), after=("neo4j", "redis")),
    Process("api", _api, (("api_port", "the API"),), after=("neo4j", "redis")),
)
"""In the order of starting; stopping goes the other way."""

NAMES = tuple(process.name for process in ROSTER)


def chosen(names: tuple[str, ...] | None) -> tuple[Process, ...]:
    """The processes of these names, in the order of the roster; None means all.

    Raises:
        UnknownProcess: a name is not in the roster.
    """
    for name in names or ():
        if name not in NAMES:
            raise UnknownProcess(name, NAMES)
    return tuple(process for process in ROSTER if names is None or process.name in names)


def variable(setting: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{setting.upper()}"


def child_environment(settings: Settings) -> dict[str, str]:
    """What a process of the stack sees: our environment, its settings replaced by exactly these, and this code."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    code = str(Path(worker.__file__).resolve().parent.parent)
    path = [code, *(part for part in inherited.get("PYTHONPATH", "").split(os.pathsep) if part and part != code)]
    return (
        inherited
        | credentials.environment(settings)
        | {"PYTHONPATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1", "HF_HUB_OFFLINE": "1"}
    )
