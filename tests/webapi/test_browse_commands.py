from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest
import typer
from typer.testing import CliRunner

from webapi.client import Client
from webapi.errors import ApiRefused
from worker.cli import browse_commands


@pytest.fixture
def run(app, monkeypatch):
    """The commands, in front of the fake stores."""
    commands = typer.Typer()
    browse_commands.register(commands)
    transport = httpx.WSGITransport(app=app)
    monkeypatch.setattr(browse_commands, "_client", lambda: Client("http://127.0.0.1", transport=transport))
    return lambda *words: CliRunner().invoke(commands, list(words), catch_exceptions=False)


def test_the_tree_is_printed_parents_before_children(run):
    answer = run("tree")
    assert answer.exit_code == 0
    assert answer.stdout.splitlines() == [
        "Genres, version 1: 6 concepts in the tree, 1 left out",
        "Jazz  (1)",
        "└─ <script>alert(1)</script>  0.60  (0)",
        "Rock  (2)",
        "├─ metal  0.80  (0)",
        "│  └─ death metal  0.90  (0)",
        "└─ Punk  0.70  (0)",
    ]


def test_a_part_of_the_tree_says_what_it_hides(run):
    lines = run("tree", "--below", "rock", "--depth", "2").stdout.splitlines()
    assert lines[1:] == ["Rock  (2)", "├─ metal  0.80  (0)  … 1 below", "└─ Punk  0.70  (0)"]


def test_the_tree_is_json_when_asked(run):
    found = json.loads(run("tree", "--json", "--collection", "moods").stdout)
    assert [one["id"] for one in found["roots"]] == ["calm"]


def test_a_collection_without_a_hierarchy_names_the_next_command(run):
    assert "audio-concepts rebuild --collection fresh" in run("tree", "--collection", "fresh").stdout


def test_concepts_are_listed_and_searched(run):
    lines = run("concepts", "list", "--search", "metal").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["id", "metal", "death-metal"]
    assert [one["id"] for one in json.loads(run("concepts", "list", "--json").stdout)][-1] == "tiny"


def test_one_concept_is_shown_with_its_way_down(run):
    shown = run("concepts", "show", "death-metal").stdout
    assert "Rock > metal > death metal" in shown
    assert "AUC 0.900" in shown
    found = json.loads(run("concepts", "show", "rock", "--json").stdout)
    assert [one["id"] for one in found["neighbours"]] == ["metal", "punk", "jazz"]
    assert len(found["tracks"]) == 4
    assert "too_few_tracks" in run("concepts", "show", "tiny").stdout


def test_a_concept_that_a_confounder_alone_tells_is_marked(run):
    assert "└─ sad  0.75  (0)  ! loudness" in run("tree", "--collection", "moods").stdout
    listed = run("concepts", "list", "--collection", "moods", "--flagged").stdout
    assert "! loudness" in listed
    assert not any(line.split()[:1] == ["calm"] for line in listed.splitlines())
    shown = run("concepts", "show", "sad").stdout
    assert "! loudness alone tells it" in shown
    assert "2, as good as 1.8 of equal shares, 67% from Somebody; AUC +0.040 lost when they are parted" in shown
    assert "alone AUC 0.93; the concept's 0.90, among the same loudness 0.52; follows it by 60% (n = 5)" in shown


def test_an_unknown_concept_is_one_error_with_its_remedy(run):
    with pytest.raises(ApiRefused, match="nobody"):
        run("concepts", "show", "nobody")


def test_a_name_cannot_move_the_cursor_of_a_terminal(run, graph):
    members = graph.library.concepts["genres"]
    members[0] = replace(members[0], name="\x1b[2Jgone\n")
    assert "\x1b" not in run("tree").stdout
    assert "\\x1b[2Jgone\\n" in run("tree").stdout
