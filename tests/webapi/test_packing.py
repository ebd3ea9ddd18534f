"""Answers as gzip: the same bytes, for those alone who take it, with validators that still hold."""

from __future__ import annotations

import gzip

import pytest

from cypher.model import Concept, Edge
from tests.webapi.library import QUALITY
from webapi.packing import LEAST_BYTES, packed

ASKED = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture(autouse=True)
def large(graph):
    """A tree whose answers are long."""
    many = [Concept(f"c{n}", f"Concept {n}", "genres", "genre", status="kept", quality=QUALITY) for n in range(60)]
    graph.publish("genres", [Edge(one.id, None) for one in many], many)


@pytest.mark.parametrize("path", ["/concepts", "/hierarchy", "/hierarchy?format=turtle", "/hierarchy?format=csv",
                                  "/openapi.json", "/static/js/main.js"])  # fmt: skip
def test_an_answer_unpacks_to_what_others_get(http, path):
    plain = http.get(path, buffered=True)
    short = http.get(path, buffered=True, headers=ASKED)
    assert len(plain.data) >= LEAST_BYTES
    assert "Content-Encoding" not in plain.headers
    assert short.headers["Content-Encoding"] == "gzip"
    assert len(short.data) < len(plain.data) / 2
    unpacked = gzip.decompress(short.data)
    assert len(unpacked) == len(plain.data)
    if "age_s" not in plain.text:
        assert unpacked == plain.data
    for answer in (plain, short):
        assert "Accept-Encoding" in answer.headers["Vary"]
    assert "Content-Length" not in short.headers or int(short.headers["Content-Length"]) == len(short.data)


@pytest.mark.parametrize("path", ["/concepts", "/hierarchy", "/static/js/main.js"])
def test_who_holds_either_encoding_is_told_so(http, path):
    for first, then in [(ASKED, {}), ({}, ASKED), (ASKED, ASKED)]:
        etag = http.get(path, buffered=True, headers=first).headers["ETag"]
        again = http.get(path, buffered=True, headers={**then, "If-None-Match": etag})
        assert (again.status_code, again.data) == (304, b"")
        assert "Accept-Encoding" in again.headers["Vary"]


@pytest.mark.parametrize("taken", ["", "identity", "br", "gzip;q=0", "identity, gzip;q=0.5"])
def test_who_does_not_want_gzip_gets_none(http, taken):
    assert "Content-Encoding" not in http.get("/concepts", headers={"Accept-Encoding": taken}).headers


def test_short_answers_problems_and_heads_travel_as_they_are(http):
    assert "Content-Encoding" not in http.get("/health/live", headers=ASKED).headers
    assert "Content-Encoding" not in http.get("/concepts/nobody", headers=ASKED).headers
    assert "Content-Encoding" not in http.head("/concepts", headers=ASKED).headers


def test_a_part_of_a_file_is_a_part_of_the_file(http):
    whole = http.get("/static/js/main.js", buffered=True).data
    part = http.get("/static/js/main.js", buffered=True, headers={**ASKED, "Range": "bytes=100-1999"})
    assert (part.status_code, part.data) == (206, whole[100:2000])


def test_pieces_are_sent_as_they_come():
    """A stream may be longer than memory: what goes in comes out before the end."""
    seen = []

    def pieces():
        for n in range(2000):
            seen.append(n)
            yield b"%d " % (n * n) * 50

    stream = packed(pieces())
    next(stream)
    assert len(seen) < 2000
    rest = b"".join(stream)
    assert rest
