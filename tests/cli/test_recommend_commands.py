from __future__ import annotations

import json

import httpx
import pytest
import typer
from typer.testing import CliRunner

from webapi.client import Client
from worker.cli import recommend_commands
from worker.cli.recommend_commands import weighted


class Scripted:
    """An API that answers every request alike and remembers what it was asked."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def __call__(self, request):
        self.asked.append((request.url.path, json.loads(request.content)))
        return httpx.Response(200, json=self.answer)


LABEL = {"id": "strings", "name": "Strings"}
PART = {"concept": LABEL, "path": [{"id": "music", "name": "Music"}, LABEL], "weight": 1, "strength": 0.5, "value": 0.5}
TRACK = {"id": "t1", "title": "Air\x1b[2J", "artist": "Bach", "album": "", "duration_s": 1, "uri": "", "isrc": "",
         "mbid": "", "work": ""}  # fmt: skip
HEAD = {"collection": LABEL, "version": 1, "stale": False, "age_s": 0, "weights": []}
ITEM = {"rank": 1, "track": TRACK, "score": 0.5, "relevance": 0.5, "lift": 0, "alike": 0, "playlists": 2,
        "contributions": [PART]}  # fmt: skip
MISSING = {"tracks": ["gone"], "isrcs": ["GBAYE6700002"], "mbids": [], "concepts": []}
ANSWER = {**HEAD, "considered": 1, "items": [ITEM], "missing": MISSING}


@pytest.fixture
def run(monkeypatch):
    def make(answer):
        api = Scripted(answer)
        monkeypatch.setattr(
            "webapi.client.connect", lambda _settings: Client("http://127.0.0.1", transport=httpx.MockTransport(api))
        )
        commands = typer.Typer()
        recommend_commands.register(commands)
        return api, lambda *words: CliRunner().invoke(commands, list(words))

    return make


def test_a_recommendation_is_printed_with_its_reasons_and_inert(run):
    api, invoke = run(ANSWER)
    answer = invoke("recommend", "--track", "gone", "--concept", "strings", "--like", "t7", "--dislike", "t8")
    assert answer.exit_code == 0
    assert answer.stdout.splitlines() == [" 0.500  Air\\x1b[2J, Bach  [t1]", "        +0.500  Music > Strings"]
    assert "no track 'gone' is there" in answer.stderr
    assert "no ISRC 'GBAYE6700002' is there" in answer.stderr
    path, asked = api.asked[0]
    assert path == "/recommendations"
    assert asked["session"] == [{"feedback": "like", "track": "t7"}, {"feedback": "dislike", "track": "t8"}]
    assert asked["seeds"]["concepts"] == [{"concept": "strings", "weight": 1.0}]


def test_seeds_are_named_by_their_codes_too(run):
    api, invoke = run(ANSWER)
    assert invoke("recommend", "--isrc", "GB-AYE-67-00002", "--mbid", "m", "--mbid", "n").exit_code == 0
    seeds = api.asked[0][1]["seeds"]
    assert (seeds["tracks"], seeds["isrcs"], seeds["mbids"]) == ([], ["GB-AYE-67-00002"], ["m", "n"])


def test_nothing_that_fits_is_said(run):
    _, invoke = run({**ANSWER, "items": []})
    assert "Nothing fits" in invoke("recommend", "--track", "x").stdout


def test_a_search_takes_weights_and_prints_json(run):
    api, invoke = run({**HEAD, "items": [], "missing": ["nobody"], "next": None})
    answer = invoke("search", "strings", "drums=-0.5", "--json")
    assert json.loads(answer.stdout)["missing"] == ["nobody"]
    assert api.asked[0][1]["concepts"] == [
        {"concept": "strings", "weight": 1.0},
        {"concept": "drums", "weight": -0.5},
    ]


@pytest.mark.parametrize("typed", ["strings=loud", "strings=2", "strings=nan", "="])
def test_a_weight_that_is_none_is_refused(typed):
    with pytest.raises(typer.BadParameter, match="no weight"):
        weighted([typed])


def test_an_equals_sign_in_an_id_is_kept():
    assert weighted(["a=b=0.5"]) == {"a=b": 0.5}
