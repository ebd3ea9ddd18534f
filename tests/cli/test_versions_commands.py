"""`audio-concepts versions`, in front of the fake stores; pruning on real ones."""

from __future__ import annotations

import json

import httpx
import pytest
import typer
from typer.testing import CliRunner

from cypher.model import Edge
from tests.webapi.fakes.graph import FakeGraph
from tests.webapi.library import make_library
from webapi.client import Client
from webapi.factory import Options, create_app
from worker.cli import versions_commands

FLAT = [Edge(one, None) for one in ("rock", "metal", "death-metal", "punk", "jazz")]


@pytest.fixture
def graph():
    return FakeGraph(make_library())


@pytest.fixture
def run(graph, monkeypatch, tmp_path):
    monkeypatch.setenv("AUDIO_CONCEPTS_HOME", str(tmp_path))
    app = create_app(graph, lambda _step: None, Options(check_every_s=0.02))
    transport = httpx.WSGITransport(app=app)
    monkeypatch.setattr(
        versions_commands, "_client", lambda: Client("http://127.0.0.1", transport=transport, author="ada")
    )
    commands = typer.Typer()
    versions_commands.register(commands)
    commands.callback()(lambda: None)
    return lambda *words: CliRunner().invoke(commands, ["versions", *words], catch_exceptions=False)


def test_versions_are_listed_with_what_they_are_and_what_they_cost(run, graph):
    graph.publish("genres", FLAT, held="80 % moved")
    answer = run("list")
    lines = answer.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["version", "what"], ["2", "candidate"], ["1*", "rebuild"]]
    assert "80 % moved" in lines[1]
    assert "versions activate 2" in answer.output
    found = json.loads(run("list", "--json").stdout)
    assert [one["version"] for one in found["versions"]] == [2, 1]
    assert found["versions"][0]["cost"]["assessments"] == 6
    assert (found["current"], found["waiting"], found["versions"][0]["files_bytes"]) == (1, 2, 0)


def test_a_collection_without_versions_names_the_next_command(run):
    assert "audio-concepts rebuild --collection fresh" in run("list", "--collection", "fresh").stdout


def test_any_version_is_shown_and_compared(run, graph):
    graph.publish("genres", FLAT)
    assert run("show", "1").stdout.splitlines()[0] == "Genres, version 1: 6 concepts, 4 edges"
    assert "├─ metal" in run("show", "1").stdout
    lines = run("diff", "1", "2").stdout.splitlines()
    assert lines[0] == "Genres, version 1 to 2: 3 of 5 concepts moved (60.0%), 0 new, 1 gone"
    assert "  moved  death metal [death-metal]  metal -> (top)" in lines
    assert lines[-1] == "  gone   <script>alert(1)</script> [script-alert-1-script]"
    assert json.loads(run("diff", "1", "--json").stdout)["to_version"] == 2


def test_an_older_version_is_brought_back_and_a_waiting_one_refused(run, graph):
    graph.publish("genres", FLAT)
    assert "is at version 3, with the tree of version 1" in run("activate", "1", "--note", "better").stdout
    assert (graph.published["genres"].author, graph.published["genres"].note) == ("ada", "better")
    graph.publish("genres", FLAT, held="80 % moved")
    assert run("refuse", "4", "--reason", "flat").stdout == "Version 4 is refused; the current one stays.\n"
    assert json.loads(run("list", "--json").stdout)["versions"][0]["reason"] == "flat"
