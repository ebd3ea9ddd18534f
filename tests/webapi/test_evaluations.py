"""`/evaluations`: listed, shown, drawn; from files, whatever the graph does."""

import json

import pytest

from webapi.factory import Options, create_app
from worker.jobs.evaluations import RECORD, REPORT, TABLE, Evaluations

ONE, OTHER = "0123456789abcdef", "fedcba9876543210"


def line(measure, subject="this tree's rule"):
    head = {"section": "reference", "regime": "disjoint", "subject": subject, "measure": measure}
    return {**head, "value": 0.7, "low": 0.6, "high": None, "n": 5}


def record(made_at, collection):
    return {
        "collection": collection,
        "version": 3,
        "made_at": made_at,
        "seconds": 4.5,
        "concepts": 9,
        "seeds": 5,
        "warnings": ["look"],
        "skipped": [],
        "settings": {"builder": "generality"},
        "figures": [line("ancestor F1"), line("edge F1"), line("ancestor F1", "random")],
        "edges": [{"child": "violin", "support": 1.0}],
    }


@pytest.fixture
def http(graph, rung, tmp_path):
    shelf = Evaluations(tmp_path)
    for name, made_at, collection in (
        (ONE, "2026-01-01T00:00:00+00:00", "genres"),
        (OTHER, "2026-02-01T00:00:00+00:00", None),
    ):

        def write(folder, made_at=made_at, collection=collection):
            (folder / RECORD).write_text(json.dumps(record(made_at, collection)))
            (folder / REPORT).write_text("<!doctype html><title>é</title>", "utf-8")
            (folder / TABLE).write_bytes(b"")

        shelf.place(name, write)
    return create_app(graph, rung.append, Options(data=tmp_path)).test_client()


def test_they_are_listed_newest_first_with_their_headline(http):
    items = http.get("/evaluations").get_json()["items"]
    assert [one["id"] for one in items] == [OTHER, ONE]
    assert items[0]["collection"] is None
    assert items[1]["collection"]["id"] == "genres"
    assert [one["measure"] for one in items[1]["headline"]] == ["ancestor F1"]
    only = http.get("/evaluations?collection=genres").get_json()["items"]
    assert [one["id"] for one in only] == [ONE]


def test_one_is_shown_whole_and_as_a_page_that_runs_nothing(http):
    found = http.get(f"/evaluations/{ONE}").get_json()
    assert len(found["figures"]) == 3
    assert found["edges"][0]["child"] == "violin"
    page = http.get(found["page"])
    assert page.content_type.startswith("text/html")
    assert "é" in page.get_data(as_text=True)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_an_unknown_one_is_a_problem_that_says_where_to_look(http):
    refused = http.get("/evaluations/00000000000000aa")
    assert refused.status_code == 404
    assert "GET /evaluations" in refused.get_json()["detail"]
    assert http.get("/evaluations/..%2F..%2Fetc").status_code in {404, 422}


def test_without_any_the_list_is_empty(graph, rung, tmp_path):
    fresh = create_app(graph, rung.append, Options(data=tmp_path / "nowhere")).test_client()
    assert fresh.get("/evaluations").get_json() == {"items": []}
