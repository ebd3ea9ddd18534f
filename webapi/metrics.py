"""What a monitor sees: requests by route and status, their seconds, and the version and age of each copy.

Why routes and not paths: a path holds ids, and a label of unbounded values is what brings a monitor down.
"""

from __future__ import annotations

import time

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from webapi.errors import NoCopy
from webapi.snapshot import Keeper

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The counters of one application."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self.registry = CollectorRegistry()
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
