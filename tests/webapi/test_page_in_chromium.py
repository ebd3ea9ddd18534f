"""What the page shows in a real browser; left out where Chromium is not installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from webapi.factory import Options, create_app

CHROMIUM = next(
    (found for one in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(one))), None
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")

Look = Callable[[str], str]


@pytest.fixture
def look(app, tmp_path: Path) -> Iterator[Look]:
    """A function from a path of the API to the page's HTML, once its scripts have run."""
    with looking(app, tmp_path) as looked:
        yield looked


@contextmanager
def looking(app: Flask, tmp_path: Path) -> Iterator[Look]:
    """The same for an API of one's own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def looked(path: str) -> str:
        switches = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
        address = f"http://127.0.0.1:{server.server_port}{path}"
        command = [str(CHROMIUM), *switches, "--virtual-time-budget=8000", "--dump-dom", address]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout

    yield looked
    server.shutdown()
    thread.join()


def text(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


def test_a_key_is_asked_for_where_the_api_demands_one_and_nowhere_else(look, graph, rung, tmp_path):
    assert not re.search(r'<dialog id="ask-key"[^>]*\bopen', free := look("/"))
    assert re.search(r'<button id="key"[^>]*\bhidden', free)
    options = Options(check_every_s=0.02, keys_required=True, admin_key="a-long-key-of-the-deployment")
    with looking(create_app(graph, rung.append, options), tmp_path / "guarded") as looked:
        guarded = looked("/?collection=genres")
    assert re.search(r'<dialog id="ask-key"[^>]*\bopen', guarded)
    assert not re.search(r'<button id="key"[^>]*\bhidden', guarded)
    assert "Rock" not in text(guarded)


def test_the_tree_and_a_concept_with_its_past(look):
    html = look("/?collection=genres&concept=death-metal")
    said = text(html)
    assert "Rock" in said
    assert "similarity 0.90" in said
    assert "Through the versions" in said
    assert re.search(r'<li role="treeitem"[^>]*data-id="death-metal"[^>]*aria-selected="true"', html)
    assert 'role="alert" hidden' in html


def test_a_name_of_markup_is_a_name(look):
    html = look("/?collection=genres&concept=script-alert-1-script")
    assert "<h2>&lt;script&gt;alert(1)&lt;/script&gt;</h2>" in html
    assert "<script>alert(1)" not in html


def test_the_versions_and_what_each_changed(look, graph, library):
    moved = [replace(one, parent="jazz") if one.child == "punk" else one for one in library.edges["genres"]]
    graph.publish("genres", moved, library.concepts["genres"])
    said = text(look("/?collection=genres&view=versions"))
    assert "Versions of" in said
    assert "version 2 current" in said
    assert "bring back" in said
    assert "From version 1 to 2 Concept was below is below Punk Rock Jazz" in said


def test_a_concept_that_is_not_there_is_said_to_be(look):
    assert "There is no such concept" in text(look("/?collection=genres&concept=polka"))
