"""Curation over HTTP, on the real graph: decided, seen in the very next read, listed, taken back, or refused."""

from __future__ import annotations

import pytest

from cypher.model import Assessment, Edge, NewConcept, NewStep, Publication
from cypher.store import open_graph
from webapi.factory import create_app

pytestmark = pytest.mark.stack

PARENTS = {"music": None, "rock": "music", "metal": "rock", "punk": "rock", "funk": "music"}


@pytest.fixture
def real(clean_graph):
    """music > rock > metal, punk; music > funk: published in a graph of its own."""
    password = clean_graph.neo4j_password.get_secret_value()
    with open_graph(clean_graph.neo4j_uri, clean_graph.neo4j_user, password) as graph:
        graph.migrate()
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
