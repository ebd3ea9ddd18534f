"""What the page shows and does in a real browser; left out where Chromium is not installed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.serving import make_server

from cypher.model import Concept, Edge
from tests.webapi.chromium import PROGRAM, Chromium
from tests.webapi.library import BIAS
from webapi.factory import Options, create_app

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on PATH")

ADMIN = "a-long-key-of-the-deployment"
Look = Callable[[str], Chromium]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory) -> Iterator[Chromium]:
    """One browser for all tests; each has an origin of its own in it."""
    with Chromium(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def library(library):
    """Death metal is below metal, and a little below jazz; metal and jazz are alike both ways."""
    genres = [
        Edge("rock", None, margin=-0.07, support=0.88, runner_up="jazz"),
        Edge("death-metal", "metal", 0.9, 0.2, 0.012, support=0.93, direction=0.999999, runner_up="punk"),
        Edge("death-metal", "jazz", 0.85, 0.05, support=0.41, direction=0.77, further=True),
    ]
    told = {edge.child for edge in genres}
    return replace(
        library,
        edges={**library.edges, "genres": [one for one in library.edges["genres"] if one.child not in told] + genres},
        similar=[
            *library.similar,
            ("jazz", "metal", 0.6),
            ("metal", "jazz", 0.7),
            ("metal", "death-metal", 0.55),
            ("punk", "metal", 0.52),
        ],
    )


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Where an application answers."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def look(app, chromium) -> Iterator[Look]:
    """A function that opens a path of the API in the browser."""
    with serving(app) as address:

        def opened(path: str) -> Chromium:
            chromium.open(f"{address}{path}")
            return chromium

        yield opened


@pytest.fixture
def guarded(graph, rung) -> Iterator[str]:
    """Where an API answers that demands a key."""
    options = Options(check_every_s=0.02, keys_required=True, admin_key=ADMIN)
    with serving(create_app(graph, rung.append, options)) as address:
        yield address


def card(title: str) -> str:
    """Selects one card of a concept."""
    return f'.card[aria-label="{title}"]'


def test_the_tree_and_a_concept_with_its_past(look):
    page = look("/?collection=genres&concept=death-metal")
    assert "It is in no version yet." in page.sees("It is", card("Through the versions"))
    assert page.text('[role="treeitem"][aria-selected="true"] > .line') == "death metal"
    assert "Rock" in page.text('[role="tree"]')
    assert page.text("[role=alert]") == ""


def test_every_parent_is_shown_with_what_speaks_for_its_edge(look):
    page = look("/?collection=genres&concept=death-metal")
    page.sees("death metal", "#concept h2")
    assert page.text("#concept nav") == "Rock\nmetal 0.80\nalso below Jazz"
    assert page.text(card("Why it hangs there")).splitlines() == [
        "Why it hangs there",
        "metal",
        "parent in the tree",
        "Similarity",
        "0.90",
        "Support",
        "93 % of the trees grown from drawn tracks have this edge",
        "Direction",
        "over 99 % sure that metal is the wider of the two",
        "Runner-up",
        "Punk behind by 0.200 ± 0.012",
        "Jazz",
        "further parent",
        "Similarity",
        "0.85",
        "Support",
        "41 % of the trees grown from drawn tracks have this edge",
        "Direction",
        "77 % sure that Jazz is the wider of the two",
        "Margin",
        "0.050 above what a further parent needs",
    ]
    page.click(f"{card('Why it hangs there')} button:nth-of-type(1)")
    page.sees("metal", "#concept h2")


def test_at_the_top_the_nearest_parent_is_named_and_what_was_not_measured_is_said_to_be(look):
    page = look("/?collection=genres&concept=rock")
    page.sees("Rock", "#concept h2")
    assert page.text(card("Why it hangs there")).splitlines()[1:] == [
        "At the top of the tree.",
        "Support",
        "88 % of the trees grown from drawn tracks have it there",
        "Nearest",
        "Jazz which falls short by 0.070",
    ]
    page = look("/?collection=genres&concept=metal")
    page.sees("metal", "#concept h2")
    assert "Support\nnot measured" in page.text(card("Why it hangs there"))
    assert "Runner-up\nnone it passes the limit by 0.100" in page.text(card("Why it hangs there"))
    page = look("/?collection=genres&concept=tiny")
    page.sees("Left out of the tree: 3 tracks, 10 are needed.", "#concept")
    assert page.text(card("Why it hangs there")) == page.text(card("Similar concepts")) == ""


def test_neighbours_are_shown_by_where_they_stand(look):
    page = look("/?collection=genres&concept=metal")
    assert page.sees("Correlated with", card("Similar concepts")).splitlines() == [
        "Similar concepts",
        "Concept its tracks there theirs here",
        "Correlated with alike both ways, neither above nor below",
        "Jazz 0.70 ± 0.010 0.60 ± 0.010",
        "Above it",
        "Rock 0.60 ± 0.010 0.80 ± 0.010",
        "Below it",
        "death metal 0.55 ± 0.010 –",
        "Alike one way only",
        "Punk – 0.52 ± 0.010",
    ]
    look("/?collection=genres&concept=death-metal").sees("neither above nor below\nnone", card("Similar concepts"))
    look("/?collection=moods&concept=calm").sees("Correlated with none", card("Similar concepts"))


def test_of_many_neighbours_the_strongest_are_shown_and_the_others_counted(look, library):
    more = [Concept(id=f"c{n:02}", name=f"c{n:02}", collection="genres", status="kept") for n in range(12)]
    library.concepts["genres"].extend(more)
    library.edges["genres"].extend(Edge(one.id, None) for one in more)
    library.similar.extend(ends for one in more for ends in (("metal", one.id, 0.51), (one.id, "metal", 0.51)))
    page = look("/?collection=genres&concept=metal")
    shown = page.sees("and 5 more\nAbove it", card("Similar concepts"))
    assert "c06 0.51" in shown
    assert "c07" not in shown


def test_what_a_concept_may_be_mistaken_for_is_said_in_words(look):
    page = look("/?collection=moods&concept=sad")
    page.sees("sad", "#concept h2")
    assert page.text(card("What it may be mistaken for")).splitlines()[1:] == [
        "Loudness alone tells it.",
        "Loudness",
        "alone tells its tracks with AUC 0.93; the sound, among tracks alike in it, with 0.52",
        "Artists",
        "2 artists, at most 67 % of the tracks of one (Somebody); AUC 0.040 lower on artists it was not learnt from",
        "AUC: 0.5 is chance, 1 is without fault.",
    ]
    assert page.text('[data-id="sad"] > .line') == "sad\n!"
    assert "!" not in page.text('[data-id="calm"] > .line')
    page = look("/?collection=moods&concept=calm")
    page.sees("calm", "#concept h2")
    assert "Not measured in this version." in page.text(card("What it may be mistaken for"))


def test_a_concept_that_nothing_gives_away_is_said_to_be_heard(look, library):
    found = replace(BIAS, confounders=tuple(replace(one, within=None, sentence="") for one in BIAS.confounders))
    library.concepts["moods"][0] = replace(library.concepts["moods"][0], bias=found)
    page = look("/?collection=moods&concept=calm")
    page.sees("calm", "#concept h2")
    said = page.text(card("What it may be mistaken for"))
    assert "None of the properties that were looked at explains it." in said
    assert "no other track is alike in it" in said


def test_a_key_is_asked_for_until_it_is_one_that_the_api_knows(look, chromium, guarded):
    look("/?collection=genres").sees("Rock")
    assert chromium.text("dialog[open]") == chromium.text("#key") == ""

    chromium.open(f"{guarded}/?collection=genres&concept=metal")
    asked = chromium.sees("This API asks for a key", "dialog[open]")
    assert "does not know" not in asked
    assert "Forget" not in asked

    for unfit in ("", "a kéy"):  # none that could be sent; the browser says so beside the field
        chromium.type(unfit)
        assert not chromium.tell("document.querySelector('dialog[open] input').checkValidity()")
    chromium.tell("document.querySelector('dialog[open] input').value = ''")
    chromium.type("ac_000000000000_a-key-of-nobody")
    chromium.sees("The API does not know this key, or it was revoked. Enter another one.", "dialog[open]")
    assert chromium.tell("document.querySelector('dialog[open] input').value") == ""
    assert "Rock" not in chromium.text()

    chromium.type(ADMIN)
    assert "Rock" in chromium.sees("metal", '[role="tree"]')
    assert chromium.sees("metal", "#concept h2") == "metal"
    assert chromium.text("dialog[open]") == chromium.text("[role=alert]") == ""
    assert ADMIN not in chromium.tell("location.href + document.cookie + JSON.stringify(localStorage)")

    chromium.open(f"{guarded}/?collection=genres&concept=jazz")  # the tab keeps the key
    chromium.sees("Jazz", "#concept h2")


def test_who_has_no_key_now_finds_the_way_to_it_later(chromium, guarded):
    chromium.open(f"{guarded}/?collection=genres")
    chromium.sees("This API asks for a key", "dialog[open]")
    chromium.click('dialog[open] button[value=""]')
    assert "“Key” above" in chromium.sees("without a key", "[role=alert]")
    assert chromium.text("dialog[open]") == ""
    chromium.click("#key")
    chromium.sees("This API asks for a key", "dialog[open]")
    chromium.type(ADMIN)
    chromium.sees("Rock", '[role="tree"]')
    chromium.click("#key")
    chromium.click("dialog[open] button[value=forget]")
    chromium.sees("This API asks for a key", "dialog[open]")


def test_a_name_of_markup_is_a_name(look):
    page = look("/?collection=genres&concept=script-alert-1-script")
    page.sees("<script>alert(1)</script>", "#concept h2")
    assert page.tell("document.querySelectorAll('script').length") == 1


def test_the_versions_and_what_each_changed(look, graph, library):
    moved = [replace(one, parent="jazz") if one.child == "punk" else one for one in library.edges["genres"]]
    graph.publish("genres", moved, library.concepts["genres"])
    page = look("/?collection=genres&view=versions")
    said = page.sees("From version 1 to 2", "#concept")
    assert "From version 1 to 2\nConcept was below is below\nPunk Rock Jazz\n" in said
    assert "version 2current" in said
    assert "bring back" in said


def test_a_concept_that_is_not_there_is_said_to_be(look):
    look("/?collection=genres&concept=polka").sees("There is no such concept")
