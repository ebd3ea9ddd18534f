"""What waits at the broker, and what was set aside there; asked by the API and the reaper. A leaf without Celery."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import redis

RUN_STEP = "audio_concepts.run_step"
"""Name of the only task; its only argument is the id of a step."""

QUEUES: tuple[str, ...] = ("gpu", "cpu")
SET_ASIDE = "audio_concepts.set_aside"
"""List in Redis of entries of a queue that were no message of ours; see `transport`."""
SET_ASIDE_COUNT = "audio_concepts.set_aside.count"

DEADLINE_S = 1.0
LATEST = 10


@dataclass(frozen=True, slots=True)
class BrokerState:
    """One look at Redis; `reason` says why it did not answer."""

    waiting: dict[str, int]
    """Messages by queue."""
    set_aside: int
    """How many entries were ever no message of ours, since Redis began."""
    latest: tuple[dict[str, Any], ...] = ()
    """The last of them: queue, why, at, entry."""
    reason: str = ""


def look(redis_url: str, deadline_s: float = DEADLINE_S) -> BrokerState:
    """Ask Redis; never raises for a broker that is away.

    Args:
        redis_url: the broker with its password.
        deadline_s: no answer takes longer.
    """
    client = redis.Redis.from_url(redis_url, socket_timeout=deadline_s, socket_connect_timeout=deadline_s)
    try:
        with client.pipeline(transaction=False) as ask:
            for queue in QUEUES:
                ask.llen(queue)
            ask.get(SET_ASIDE_COUNT)
            ask.lrange(SET_ASIDE, -LATEST, -1)
            *lengths, count, entries = ask.execute()
    except redis.RedisError as error:
        return BrokerState({}, 0, reason=f"the broker does not answer ({error})")
    finally:
        client.close()
    latest = tuple(json.loads(entry) for entry in reversed(entries))
    return BrokerState(dict(zip(QUEUES, map(int, lengths), strict=True)), int(count or 0), latest)
