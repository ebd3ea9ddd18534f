"""The broker as workers hear it: a message that none of ours is, is set aside and counted before anything reads it.

Why here: one malformed entry in a queue ends a Celery worker, and a malformed body, given back at the restart, ends the
next one too. kombu pops an entry and parses it in one breath; the client it pops with is ours, so an entry that is no
message of `queue.RUN_STEP` is put into a list of its own and the worker sees an empty queue instead.

Conventions: the list keeps the latest `KEPT` entries, cut to `SHOWN_BYTES`, as JSON {queue, why, at, entry}; a counter
beside it keeps how many there ever were. Both are lost with Redis, as the queues are.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
from datetime import UTC, datetime
from typing import Any

import redis
from kombu.transport.redis import Channel as RedisChannel
from kombu.transport.redis import Transport as RedisTransport

from worker.jobs.queue import RUN_STEP, SET_ASIDE, SET_ASIDE_COUNT

log = logging.getLogger(__name__)

KEPT = 100
LONGEST_MESSAGE = 65_536
SHOWN_BYTES = 2000
LONGEST_ID = 300


def flaw(entry: bytes | str) -> str | None:
    """Why an entry of a queue is no message of ours; None when it is one."""
    if len(entry) > LONGEST_MESSAGE:
        return f"longer than {LONGEST_MESSAGE} bytes"
    try:
        message = json.loads(entry)
    except (ValueError, RecursionError):
        return "no JSON"
    if not isinstance(message, dict):
        return "no JSON object"
    return _flaw_of_envelope(message) or _flaw_of_body(message.get("body"))


def _flaw_of_envelope(message: dict[str, Any]) -> str | None:
    headers, properties = message.get("headers"), message.get("properties")
    if not isinstance(headers, dict) or not isinstance(properties, dict):
        return "no headers or properties"
    if headers.get("task") != RUN_STEP or not isinstance(headers.get("id"), str):
        return f"no task {RUN_STEP}"
    if any(headers.get(name) is not None for name in ("eta", "expires", "compression")):
        return "headers that this project does not send"
    if headers.get("timelimit") not in (None, [None, None]) or not isinstance(headers.get("retries", 0), int):
        return "headers that this project does not send"
    info = properties.get("delivery_info")
    is_addressed = isinstance(info, dict) and all(isinstance(info.get(key), str) for key in ("exchange", "routing_key"))
    if not isinstance(properties.get("delivery_tag"), str) or not is_addressed:
        return "no delivery tag or address"
    sent = (message.get("content-type"), message.get("content-encoding"), properties.get("body_encoding"))
    return None if sent == ("application/json", "utf-8", "base64") else "a body of another encoding"


def _flaw_of_body(body: object) -> str | None:
    try:
        args, kwargs, _ = json.loads(base64.b64decode(body, validate=True))  # type: ignore[arg-type]
    except (ValueError, TypeError, RecursionError, binascii.Error):
        return "a body that is no call"
    is_ours = isinstance(args, list) and len(args) == 1 and isinstance(args[0], str) and kwargs == {}
    return None if is_ours and 0 < len(args[0]) <= LONGEST_ID else "a body that names no step"


class _CarefulClient(redis.Redis):
    """Pops like any client, and shows only messages of ours."""

    def parse_response(self, connection: Any, command_name: Any, **options: Any) -> Any:
        answer = super().parse_response(connection, command_name, **options)  # type: ignore[no-untyped-call]
        if command_name != "BRPOP" or not answer:
            return answer
        queue, entry = answer
        why = flaw(entry)
        if why is None:
            return answer
        self._set_aside(queue, entry, why)
        return None

    def _set_aside(self, queue: bytes, entry: bytes, why: str) -> None:
        said = {
            "queue": queue.decode("utf-8", "replace"),
            "why": why,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "entry": entry[:SHOWN_BYTES].decode("utf-8", "replace"),
        }
        log.error("set a message of queue %s aside: %s", said["queue"], why)
        self.incr(SET_ASIDE_COUNT)
        self.rpush(SET_ASIDE, json.dumps(said))
        self.ltrim(SET_ASIDE, -KEPT, -1)


class Channel(RedisChannel):
    """kombu's channel with the careful client."""

    def _get_client(self) -> type[redis.Redis]:
        return _CarefulClient


class Transport(RedisTransport):
    """kombu's transport with the careful channel."""

    Channel = Channel
