"""What is no message of ours never reaches a worker: it is set aside, counted, and the worker lives on."""

import base64
import json

import pytest
import redis

from cypher.model import Progress, Step
from worker.jobs.doorbell import Doorbell
from worker.jobs.queue import SET_ASIDE, look
from worker.jobs.transport import KEPT, LONGEST_MESSAGE, flaw

pytestmark = pytest.mark.stack


@pytest.fixture
def broker(clean_graph):
    with redis.Redis.from_url(clean_graph.redis_url.get_secret_value()) as client:
        yield client


@pytest.fixture
def genuine(clean_graph, broker):
    """An entry as the doorbell makes it."""
    bell = Doorbell(clean_graph.redis_url.get_secret_value(), deadline_s=5.0)
    assert bell.ring(Step("no-such-step", "j", "scan", 1, 0, "cpu", "queued", 0, Progress(), {}, None, None, None))
    bell.close()
    return broker.lpop("cpu")


def spoilt(genuine):
    """Entries of every kind that is none of ours."""
    message = json.loads(genuine)

    def changed(**parts):
        return json.dumps({**message, **parts}).encode()

    def body(value):
        return base64.b64encode(json.dumps(value).encode()).decode()

    headers, properties = message["headers"], message["properties"]
    return {
        "no json": b"\x00\xff not json",
        "empty": b"",
        "half": genuine[: len(genuine) // 2],
        "a number": b"7",
        "deep": b"[" * 30_000,
        "long": b'"' + b"x" * LONGEST_MESSAGE + b'"',
        "no headers": changed(headers=None),
        "no properties": changed(properties=[]),
        "no tag": changed(properties={**properties, "delivery_tag": None}),
        "no address": changed(properties={**properties, "delivery_info": {}}),
        "another task": changed(headers={**headers, "task": "os.system"}),
        "an eta": changed(headers={**headers, "eta": "tomorrow"}),
        "a time limit": changed(headers={**headers, "timelimit": ["a", {}]}),
        "compressed": changed(headers={**headers, "compression": "zlib"}),
        "pickled": changed(**{"content-type": "application/x-python-serialize"}),
        "no base64": changed(body="%%%"),
        "a bad body": changed(body=base64.b64encode(b"\x80\x04K*.").decode()),
        "no call": changed(body=body({"a": 1})),
        "two arguments": changed(body=body([["a", "b"], {}, {}])),
        "a number for an id": changed(body=body([[7], {}, {}])),
        "a keyword": changed(body=body([["a"], {"b": 1}, {}])),
    }


def test_a_message_of_ours_has_no_flaw_and_everything_else_has_one(genuine):
    assert flaw(genuine) is None
    assert {name for name, entry in spoilt(genuine).items() if flaw(entry) is None} == set()


def test_a_worker_outlives_every_malformed_message_and_does_its_work(tiny, start_worker, ended, broker, genuine):
    entries = list(spoilt(genuine).values())
    for entry in entries:
        broker.lpush("cpu", entry)
        broker.lpush("gpu", entry)
    worker = start_worker("cpu,gpu")
    job = tiny.ask()
    tiny.deliver(job)
    assert ended(job.id).state == "succeeded"
    assert worker.process.poll() is None
    state = look(tiny.settings.redis_url.get_secret_value(), 5.0)
    assert state.set_aside == 2 * len(entries)
    assert state.waiting == {"cpu": 0, "gpu": 0}
    assert {one["queue"] for one in state.latest} <= {"cpu", "gpu"}
    assert broker.llen(SET_ASIDE) <= KEPT
    assert broker.exists("unacked") == 0


def test_a_broker_that_is_away_is_said_in_words():
    state = look("redis://127.0.0.1:1/0")
    assert "does not answer" in state.reason
    assert (state.waiting, state.set_aside) == ({}, 0)
