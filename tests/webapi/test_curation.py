"""Curation over HTTP, on the real graph: decided, seen in the very next read, listed, taken back, or refused."""

from __future__ import annotations

import json

import httpx
import pytest
import typer
from typer.testing import CliRunner

from cypher.model import Assessment, Edge, NewConcept, NewStep, Publication
from tests.conftest import opened
from webapi.client import Client
from webapi.factory import create_app
from worker.cli import curate_commands

pytestmark = pytest.mark.stack

PARENTS = {"music": None, "rock": "music", "metal": "rock", "punk": "rock", "funk": "music"}


@pytest.fixture
def real(clean_graph):
    """music > rock > metal, punk; music > funk: published in a graph of its own."""
    with opened(clean_graph) as graph:
        graph.catalogue.save_collection("genres", "Genres")
        graph.catalogue.save_concepts("genres", [NewConcept(one, one.title()) for one in PARENTS])
        job, _ = graph.ledger.request("rebuild", "genres", {}, steps=[NewStep("all", 1, "cpu")])
        lease = graph.ledger.lease(job.steps[0].id, "test", 60.0)
        graph.hierarchy.publish(
            lease,
            Publication(
                collection="genres",
                staging=graph.hierarchy.begin_staging(lease, "genres"),
                edges=tuple(Edge(child, parent, parent and 0.5) for child, parent in PARENTS.items()),
                assessments=tuple(Assessment(one, "kept", tracks=3) for one in PARENTS),
                parameters={},
                fingerprint="test",
            ),
        )
        graph.ledger.finish(lease, {"version": 1})
        yield graph


@pytest.fixture
def http(real):
    return create_app(real, lambda _step: True).test_client()


def parents(http):
    items = http.get("/hierarchy?shape=flat").json["items"]
    return {one["id"]: one["parent"] and one["parent"]["id"] for one in items}


def test_a_pin_is_in_the_next_answer_and_in_the_list_of_decisions(http):
    assert parents(http) == PARENTS

    answer = http.put(
        "/concepts/punk/parent", json={"parent": "funk", "reason": "slap bass"}, headers={"X-Author": "ada"}
    )

    assert answer.status_code == 200
    assert parents(http) == PARENTS | {"punk": "funk"}
    (listed,) = http.get("/curations").json["items"]
    assert listed == answer.json
    assert (listed["author"], listed["reason"], listed["kind"], listed["state"]) == (
        "ada",
        "slap bass",
        "pin",
        "standing",
    )
    assert (listed["concept"], listed["other"]) == ({"id": "punk", "name": "Punk"}, {"id": "funk", "name": "Funk"})
    assert listed["version"] == 2
    assert http.get(f"/curations/{listed['id']}").json == listed

    assert http.delete("/concepts/punk/parent").json["undoes"] == listed["id"]
    assert parents(http) == PARENTS
    assert http.delete("/concepts/punk/parent").status_code == 409


def test_a_concept_is_renamed_hidden_and_shown_again(http):
    answer = http.patch("/concepts/rock", json={"name": "Rock'n'Roll", "hidden": True})

    assert [one["kind"] for one in answer.json["items"]] == ["rename", "hide"]
    concept = http.get("/concepts/rock").json
    assert (concept["name"], concept["aliases"], concept["status"]) == ("Rock'n'Roll", ["Rock"], "left_out")
    assert parents(http)["metal"] == "music"

    http.patch("/concepts/rock", json={"hidden": False})

    assert parents(http) == PARENTS
    assert http.get("/concepts/rock").json["status"] == "kept"


def test_a_merge_is_made_and_undone(http):
    answer = http.post("/merges", json={"concept": "rock", "into": "funk"})

    assert (answer.status_code, answer.headers["Location"]) == (201, f"/curations/{answer.json['id']}")
    assert parents(http) == {"music": None, "funk": "music", "metal": "funk", "punk": "funk"}

    assert http.post(f"/curations/{answer.json['id']}/undo", json={}).status_code == 200
    assert parents(http) == PARENTS
    again = http.post(f"/curations/{answer.json['id']}/undo", json={})
    assert (again.status_code, again.json["code"]) == (409, "curation_over")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/concepts/rock/parent", {"parent": "metal"}, 409, "would_cycle"),
        ("/concepts/rock/parent", {"parent": "nobody"}, 404, "unknown_concept"),
        ("/concepts/nobody/parent", {"parent": "rock"}, 404, "unknown_concept"),
        ("/concepts/rock/parent", {"parent": "funk", "version": 9}, 412, "version_moved"),
        ("/concepts/rock/parent", {}, 422, None),
        ("/concepts/rock/parent", {"parent": "funk", "author": "x"}, 422, None),
    ],
)
def test_what_cannot_be_decided_is_refused_and_changes_nothing(http, path, body, status, code):
    answer = http.put(path, json=body)

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert code is None or answer.json["code"] == code
    assert parents(http) == PARENTS


def test_edits_made_by_hand_are_shown_and_adopted(http, real):
    real.driver.execute_query(
        "MATCH (:Concept {id: 'rock'})-[e:PARENT_OF]->(c:Concept {id: 'punk'}) MATCH (p:Concept {id: 'funk'}) "
        "DELETE e CREATE (p)-[:PARENT_OF]->(c)"
    )

    found = http.get("/hand-edits").json

    assert [(one["child"]["name"], one["parent"]["name"]) for one in found["drawn"]] == [("Punk", "Funk")]
    assert [(one["child"]["name"], one["parent"]["name"]) for one in found["removed"]] == [("Punk", "Rock")]
    assert parents(http) == PARENTS
    assert http.post("/hand-edits", json={"decision": "adopt"}).json["items"][0]["kind"] == "pin"
    assert parents(http) == PARENTS | {"punk": "funk"}
    assert http.get("/hand-edits").json["drawn"] == []
    assert http.post("/hand-edits", json={"decision": "revert"}).status_code == 409


# --- many pins, and taxonomies from files ----------------------------------------------------------------------------


def test_pins_that_only_hold_together_are_one_version_and_a_decision_each(http):
    pins = [{"concept": "rock", "parent": None}, {"concept": "music", "parent": "rock"}]

    answer = http.post("/pins", json={"pins": pins, "reason": "turned round"})

    assert answer.status_code == 201
    assert [(one["concept"]["id"], one["version"]) for one in answer.json["items"]] == [("rock", 2), ("music", 2)]
    assert parents(http) == PARENTS | {"rock": None, "music": "rock"}


@pytest.mark.parametrize(
    ("pins", "status", "code"),
    [
        ([("funk", "rock"), ("music", "punk")], 409, "would_cycle"),
        ([("funk", "rock"), ("punk", "nobody")], 404, "unknown_concept"),
        ([("funk", "rock"), ("funk", "punk")], 422, "invalid_request"),
        ([], 422, "invalid_request"),
    ],
)
def test_of_pins_that_cannot_be_none_is_made(http, pins, status, code):
    answer = http.post("/pins", json={"pins": [{"concept": child, "parent": parent} for child, parent in pins]})

    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert parents(http) == PARENTS


@pytest.fixture
def run(http, monkeypatch):
    """`audio-concepts curate`, in front of the same graph."""
    commands = typer.Typer()
    curate_commands.register(commands)
    transport = httpx.WSGITransport(app=http.application)
    monkeypatch.setattr(curate_commands, "_client", lambda: Client("http://127.0.0.1", transport=transport))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(commands, ["curate", *map(str, words)], catch_exceptions=False)


# rdflib's own reader of JSON-LD makes one.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("form", "ending"), [("turtle", "ttl"), ("json-ld", "jsonld")])
def test_skos_that_was_exported_brings_the_same_tree_back(http, run, tmp_path, form, ending):
    file = tmp_path / f"before.{ending}"
    file.write_bytes(http.get(f"/hierarchy?format={form}").data)
    turned = [("rock", None), ("music", "metal"), ("metal", "rock"), ("punk", "funk")]
    http.post("/pins", json={"pins": [{"concept": child, "parent": parent} for child, parent in turned]})
    assert parents(http) != PARENTS

    told = json.loads(run("import", file, "--json").stdout)

    assert parents(http) == PARENTS
    assert {one["concept"]: one["outcome"] for one in told["entries"]} == {
        "music": "pin", "rock": "pin", "punk": "pin", "metal": "stands", "funk": "stands",
    }  # fmt: skip
    assert {one["reason"] for one in told["curations"]} == {f"from {file.name}"}
    again = run("import", file).stdout
    assert "Nothing to pin." in again
    assert "hangs below Rock already" in again


def test_a_dry_run_says_what_would_become_of_each_entry_and_pins_nothing(http, run, tmp_path):
    file = tmp_path / "wish.csv"
    file.write_text("name,parent\nPUNK,Funk\nPolka,Music\nRock,\n")

    said = run("import", file, "--dry-run").stdout

    assert "pinned below Funk" in said
    assert "no concept is called so" in said
    assert "1 pins to make" in said
    assert parents(http) == PARENTS
    assert run("import", file, "--reason", "I say so").stdout.splitlines()[-1].startswith("1 pins, version 2")
    assert parents(http) == PARENTS | {"punk": "funk"}
