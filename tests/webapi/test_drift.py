"""Histories and merge suggestions over HTTP and on the command line: names beside ids, the empty case, Neo4j away."""

import json
from datetime import UTC, datetime

import httpx
import pytest
import typer
from typer.testing import CliRunner

from cypher.model import Hierarchy, Quality
from cypher.past import Drift, DriftFigure, Moment, Twins
from webapi.client import Client
from worker.cli import browse_commands, drift_commands


def moment(version, *, parents=(), children=(), drift=None):
    told = Hierarchy("genres", version, datetime(2026, 1, version, tzinfo=UTC), 4, "0" * 64, {}, "print", {})
    return Moment(told, "kept", "", 12, Quality(0.9, 0.8, 0.95, 0.8, 0.7), 0.25, 2, parents, children, drift)


@pytest.fixture
def told(graph):
    """A concept of two versions, and a pair that may be one."""
    figures = (DriftFigure("sound", 2.5, 0.0, 1.3, 0.004), DriftFigure("vector", 0.93, 0.9, 1.0, 0.6))
    drift = Drift(since=1, added=4, gone=1, jaccard=0.7, drifted=("sound",), figures=figures)
    graph.moments["metal"] = [
        moment(2, parents=(("rock", "Rock"),), children=(("punk", "Punk"),), drift=drift),
        moment(1, parents=(("jazz", "Jazz"),), children=(("death-metal", "Death metal"),)),
    ]
    graph.pairs.append(Twins(("rock", "Rock"), ("metal", "Rocks"), 0.8, 0.7, 0.02, None, 9, 0.45))
    return graph


@pytest.fixture
def run(app, monkeypatch):
    """The commands, in front of the fake stores."""
    commands = typer.Typer()
    browse_commands.register(commands)
    drift_commands.register(commands)
    transport = httpx.WSGITransport(app=app)
    monkeypatch.setattr(drift_commands, "_client", lambda: Client("http://127.0.0.1", transport=transport))
    return lambda *words: CliRunner().invoke(commands, list(words), catch_exceptions=False)


@pytest.mark.usefixtures("told")
def test_a_history_has_every_version_newest_first_and_says_which_changes_are_drift(http):
    found = http.get("/concepts/metal/history").json
    assert found["concept"] == {"id": "metal", "name": "metal"}
    newest, oldest = found["items"]
    assert (newest["version"], oldest["version"]) == (2, 1)
    assert newest["parents"] == [{"id": "rock", "name": "Rock"}]
    assert newest["children_gained"] == [{"id": "punk", "name": "Punk"}]
    assert newest["children_lost"] == [{"id": "death-metal", "name": "Death metal"}]
    assert (oldest["children_gained"], oldest["children_lost"], oldest["drift"]) == ([], [], None)
    assert newest["drift"]["drifted"] == ["sound"]
    assert [(one["name"], one["drifted"]) for one in newest["drift"]["figures"]] == [("sound", True), ("vector", False)]


def test_a_concept_that_no_version_speaks_of_has_an_empty_history_and_an_unknown_one_is_missing(http):
    assert http.get("/concepts/new-one/history").json["items"] == []
    assert http.get("/concepts/no-such-concept/history").status_code == 404


@pytest.mark.usefixtures("told")
def test_suggestions_bring_their_evidence_and_obey_their_limits(http):
    (one,) = http.get("/merge-suggestions").json["items"]
    assert one["first"] == {"id": "rock", "name": "Rock"}
    assert (one["there"], one["back"], one["there_error"], one["back_error"]) == (0.8, 0.7, 0.02, None)
    assert (one["shared"], one["jaccard"], one["kind"]) == (9, 0.45, "much_alike")
    assert 0 < one["names"] < 1
    assert http.get("/merge-suggestions?min_similarity=0.75").json["items"] == []
    assert http.get("/merge-suggestions?collection=moods").json["items"] == []
    assert http.get("/merge-suggestions?collection=nowhere").status_code == 404
    assert http.get("/merge-suggestions?min_jaccard=2").status_code == 422


def test_what_is_asked_of_neo4j_is_refused_while_it_is_away(http, graph):
    http.get("/concepts/rock")
    graph.away = True
    assert http.get("/concepts/rock/history").status_code == 503
    assert http.get("/merge-suggestions").status_code == 503


@pytest.mark.usefixtures("told")
def test_the_commands_show_names_and_figures(run):
    lines = run("concepts", "history", "metal").stdout.splitlines()
    assert lines[0] == "metal  [metal]  in Genres"
    assert "Rock" in lines[2]
    assert "0.930 (above 0.90)" in lines[2]
    assert "sound" in lines[2]
    assert "Jazz" in lines[3]
    twins = run("concepts", "twins").stdout.splitlines()
    assert "0.800 ± 0.020" in twins[1]
    assert "lower --min-jaccard" in run("concepts", "twins", "--min-jaccard", "0.9").stdout
    assert json.loads(run("concepts", "history", "metal", "--json").stdout)["items"][0]["version"] == 2
    assert json.loads(run("concepts", "twins", "--json").stdout)["items"][0]["shared"] == 9


def test_an_empty_history_names_the_next_command(run):
    assert "audio-concepts rebuild --collection fresh" in run("concepts", "history", "new-one").stdout
