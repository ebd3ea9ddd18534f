"""The OpenAPI document against the one that was checked in: what clients rely on is still there.

Additions need nothing. What is meant to break is taken out of `tests/data/openapi.json` by hand, and told in the
changelog.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.webapi.fakes.graph import FakeGraph
from tests.webapi.library import make_library
from webapi.factory import Options, create_app
from webapi.helping import meaning

KEPT = json.loads((Path(__file__).resolve().parents[1] / "data" / "openapi.json").read_text())
OPERATIONS = [
    (path, method) for path, methods in KEPT["paths"].items() for method in methods if method in {"get", "post", "put",
                                                                                                "patch", "delete"}
]  # fmt: skip


@pytest.fixture(scope="module")
def served():
    app = create_app(FakeGraph(make_library()), [].append, Options())
    return app.test_client().get("/openapi.json").json


def named(operation, required=None):
    return {
        (one["in"], one["name"])
        for one in operation.get("parameters", ())
        if required is None or one.get("required", False) == required
    }


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_an_operation_still_takes_and_gives_what_it_did(served, path, method):
    before, now = KEPT["paths"][path][method], served["paths"].get(path, {}).get(method)
    assert now is not None
    assert now["operationId"] == before["operationId"]
    assert named(before) <= named(now)
    assert named(now, required=True) <= named(before, required=True)
    assert {one for one in before["responses"] if one < "300"} <= set(now["responses"])
    assert set(before.get("requestBody", {}).get("content", ())) <= set(now.get("requestBody", {}).get("content", ()))


@pytest.mark.parametrize("name", sorted(KEPT["components"]["schemas"]))
def test_a_model_still_has_its_fields(served, name):
    before, now = KEPT["components"]["schemas"][name], served["components"]["schemas"].get(name)
    assert now is not None
    assert set(before.get("properties", ())) <= set(now.get("properties", ()))
    if before.get("additionalProperties") is False:  # a question: what it demands may not grow
        assert set(now.get("required", ())) <= set(before.get("required", ()))
    else:  # an answer: what it promises may not shrink
        assert set(before.get("required", ())) <= set(now.get("required", ()))


def test_the_type_of_a_problem_opens_its_help(http):
    problem = http.get("/concepts/nobody").json
    assert problem["type"] == "/problems/unknown_concept"
    page = http.get(problem["type"])
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "unknown_concept" in page.text
    assert http.get("/problems/<script>").status_code == 404
    for code in ("invalid_request", "not_found", "graph_unavailable", "key_refused", "too_many_requests"):
        assert meaning(code) is not None


def test_metrics_count_requests_by_route_and_show_the_copies(http):
    http.get("/concepts/rock")
    http.get("/concepts/metal")
    http.get("/nothing")
    text = http.get("/metrics").text
    assert 'audio_concepts_requests_total{method="GET",route="/concepts/<concept_id>",status="200"} 2.0' in text
    assert 'route="(none)",status="404"' in text
    assert 'audio_concepts_copy_version{collection="genres"} 1.0' in text
    assert "rock" not in text


def test_metrics_tell_the_work_of_the_ledger_and_what_waits(graph, rung):
    from datetime import UTC, datetime, timedelta

    from webapi.factory import Options, create_app
    from worker.jobs.queue import BrokerState

    app = create_app(
        graph, rung.append, Options(check_every_s=0.02), broker=lambda: BrokerState({"cpu": 3, "gpu": 0}, 1)
    )
    http = app.test_client()
    job_id = http.post("/jobs/rebuild", json={"collection": "genres"}).json["id"]
    began = datetime(2026, 1, 1, tzinfo=UTC)
    first, *rest = graph.jobs_by_id[job_id].steps
    ended = replace(first, state="succeeded", started_at=began, finished_at=began + timedelta(seconds=2.5))
    graph.change(job_id, steps=(ended, *rest))
    text = http.get("/metrics").text
    assert f'audio_concepts_steps{{kind="rebuild",stage="{first.name}",state="succeeded"}} 1.0' in text
    assert f'audio_concepts_step_seconds_sum{{kind="rebuild",stage="{first.name}"}} 2.5' in text
    assert 'audio_concepts_queue_messages{queue="cpu"} 3.0' in text
    assert "audio_concepts_queue_set_aside 1.0" in text
    graph.away = True
    text = http.get("/metrics").text
    assert "audio_concepts_requests_total" in text
    assert "audio_concepts_steps{" not in text


def test_no_two_models_share_a_name():
    """One would take the other's place in the document."""
    import importlib
    import pkgutil
    from collections import Counter

    from pydantic import BaseModel

    import webapi.schemas

    modules = [webapi.schemas] + [
        importlib.import_module(f"webapi.schemas.{one.name}") for one in pkgutil.iter_modules(webapi.schemas.__path__)
    ]
    models = {
        found
        for module in modules
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, BaseModel) and found.__module__ == module.__name__
    }
    assert [name for name, count in Counter(one.__name__ for one in models).items() if count > 1] == []


def test_what_a_request_brings_is_described_once_and_not_at_every_request(http, monkeypatch):
    """The framework asks for the schema of a query each time; making it took longer than all the rest."""
    from pydantic import BaseModel

    asked = "/concepts/rock/children?limit=5", "/hierarchy?depth=1", "/jobs?limit=1"
    before = [http.get(path).status_code for path in asked]
    described = []

    def describing(_cls, *_args, **_wishes):
        described.append(_cls)
        raise AssertionError("a schema was made for a request")

    monkeypatch.setattr(BaseModel, "model_json_schema", classmethod(describing))
    assert [http.get(path).status_code for path in asked] == before == [200, 200, 200]
    assert described == []
