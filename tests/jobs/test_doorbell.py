"""The doorbell: a caller never waits long, whatever the broker does."""

import socket
import threading
import time

import pytest

from cypher.model import Progress, Step
from worker.jobs.doorbell import Doorbell


def a_step(queue="cpu"):
    return Step("step-1", "job-1", "scan", 1, 0, queue, "queued", 0, Progress(), {}, None, None, None)


@pytest.fixture
def hung_broker():
    """Accepts connections and never answers, as a stopped Redis does."""
    listener = socket.create_server(("127.0.0.1", 0))
    held = []

    def accept():
        while True:
            try:
                held.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
    listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    listener.close()
    for connection in held:
        connection.close()


def test_a_hung_broker_costs_the_deadline_once_and_then_nothing(hung_broker):
    bell = Doorbell(hung_broker, deadline_s=0.3)
    began = time.monotonic()
    assert bell.ring(a_step()) is False
    assert time.monotonic() - began < 2.0
    began = time.monotonic()
    assert [bell.ring(a_step()) for _ in range(20)] == [False] * 20
    assert time.monotonic() - began < 0.3
    bell.close()


def test_a_broker_that_is_not_there_is_answered_at_once():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    bell = Doorbell(f"redis://127.0.0.1:{port}/0")
    began = time.monotonic()
    assert bell.ring(a_step()) is False
    assert time.monotonic() - began < 2.0
    bell.close()


@pytest.mark.stack
def test_a_message_holds_the_id_of_the_step_and_nothing_of_its_content(clean_graph):
    import json

    import redis

    url = clean_graph.redis_url.get_secret_value()
    bell = Doorbell(url)
    assert bell.ring(a_step("gpu")) is True
    bell.close()
    with redis.Redis.from_url(url) as broker:
        raw = broker.lrange("gpu", 0, -1)
        assert broker.llen("cpu") == 0
    assert len(raw) == 1
    message = json.loads(raw[0])
    assert message["headers"]["task"] == "audio_concepts.run_step"
    assert message["content-type"] == "application/json"
    import base64

    args, kwargs, _ = json.loads(base64.b64decode(message["body"]))
    assert (args, kwargs) == (["step-1"], {})
