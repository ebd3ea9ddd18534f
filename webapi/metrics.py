"""What a monitor sees: requests by route and status, their seconds, the version and age of each copy, and the work.

Conventions: steps and their seconds are those of the ledger, whichever process did them and whenever this one began;
what waits is what the broker holds. Where Neo4j or the broker is away its figures are missing, and the rest is there.

Why routes and not paths: a path holds ids, and a label of unbounded values is what brings a monitor down.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from cypher.errors import GraphError
from cypher.work import StageCount
from webapi.errors import NoCopy, WebError
from webapi.snapshot import Keeper
from webapi.stores import Fuse
from worker.jobs.queue import BrokerState

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Work(Collector):
    """What the ledger and the broker say of the work, asked at every scrape."""

    def __init__(self, fuse: Fuse, broker: Callable[[], BrokerState]) -> None:
        self._fuse, self._broker = fuse, broker

    def describe(self) -> Iterable[Metric]:
        """Without asking anybody."""
        return _steps([])

    def collect(self) -> Iterable[Metric]:
        """What is known now."""
        try:
            counts = self._fuse.ask(lambda stores: stores.ledger.stage_counts())
        except (GraphError, WebError):
            counts = []
        yield from _steps(counts)
        state = self._broker()
        waiting = GaugeMetricFamily("audio_concepts_queue_messages", "Messages that wait", labels=("queue",))
        for queue, number in state.waiting.items():
            waiting.add_metric((queue,), number)
        yield waiting
        if not state.reason:
            yield GaugeMetricFamily("audio_concepts_queue_set_aside", "No message of ours", value=state.set_aside)


def _steps(counts: Iterable[StageCount]) -> Iterator[Metric]:
    steps = GaugeMetricFamily("audio_concepts_steps", "Steps in the ledger", labels=("kind", "stage", "state"))
    ran = SummaryMetricFamily("audio_concepts_step_seconds", "Of steps that succeeded", labels=("kind", "stage"))
    for one in counts:
        steps.add_metric((one.kind, one.name, one.state), one.steps)
        if one.state == "succeeded":
            ran.add_metric((one.kind, one.name), count_value=one.steps, sum_value=one.seconds)
    yield steps
    yield ran


class Metrics:
    """The counters of one application."""

    def __init__(self, keeper: Keeper, work: Work) -> None:
        self._keeper = keeper
        self.registry = CollectorRegistry()
        self.registry.register(work)
        labels = ("method", "route", "status")
        self._requests = Counter("audio_concepts_requests", "Requests", labels, registry=self.registry)
        self._seconds = Histogram(
            "audio_concepts_request_seconds", "Seconds to answer", ("route",), buckets=BUCKETS, registry=self.registry
        )
        named = ("collection",)
        self._version = Gauge("audio_concepts_copy_version", "Version of the copy", named, registry=self.registry)
        self._age = Gauge("audio_concepts_copy_age_seconds", "Since it was current", named, registry=self.registry)

    def watch(self, app: Flask) -> None:
        """Count every request of the application."""
        app.before_request(_begin)
        app.after_request(self._end)

    def text(self) -> bytes:
        """As Prometheus reads it."""
        try:
            shelf = self._keeper.shelf()
        except NoCopy:
            return generate_latest(self.registry)
        for collection_id in shelf.copies:
            held = shelf.collection(collection_id)
            self._version.labels(collection_id).set(held.copy.collection.version or 0)
            self._age.labels(collection_id).set(held.age_s)
        return generate_latest(self.registry)

    def _end(self, response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule is not None else "(none)"
        self._requests.labels(request.method, route, str(response.status_code)).inc()
        began = g.get("began")
        if began is not None:
            self._seconds.labels(route).observe(time.perf_counter() - began)
        return response


def _begin() -> None:
    g.began = time.perf_counter()


def answer(metrics: Metrics) -> Response:
    """The metrics as an answer."""
    response = Response(metrics.text(), content_type=CONTENT_TYPE_LATEST)
    response.headers["Cache-Control"] = "no-store"
    return response
