from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webapi import bodies
from webapi.errors import NotJson, UnfitJson

REBUILD = "/jobs/rebuild"
JSON = "application/json"


def is_problem(answer, status: int) -> bool:
    return (
        answer.status_code == status
        and answer.content_type == "application/problem+json"
        and answer.json["status"] == status
        and bool(answer.json["detail"])
    )


def test_unknown_paths_and_methods_are_problems(http):
    assert is_problem(http.get("/nothing"), 404)
    answer = http.delete("/concepts")
    assert is_problem(answer, 405)
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "body", [b"{", b"[1,", b"nul", b'{"seed": NaN}', b'{"seed": -Infinity}', b"\xff\xfe", b"\xed\xa0\x80"]
)
def test_what_is_not_json_is_a_400(http, body):
    assert is_problem(http.post(REBUILD, data=body, content_type=JSON), 400)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b'"{}"',
        b"1",
        b"true",
        b'{"seed": 9223372036854775808}',
        b'{"seed": ' + b"9" * 5000 + b"}",
        b'{"ridge": 1e999}',
        b'{"collection": "a\\u0000b"}',
        b'{"collection": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"seed": 1, "seed": 2}',
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    ],
)
def test_json_that_no_part_can_bear_is_a_422(http, body):
    assert is_problem(http.post(REBUILD, data=body, content_type=JSON), 422)


def test_depth_is_allowed_up_to_its_limit():
    def nested(levels: int) -> bytes:
        return b'{"a":' * levels + b"1" + b"}" * levels

    assert bodies.parse(nested(bodies.MAX_DEPTH - 1))
    with pytest.raises(UnfitJson):
        bodies.parse(nested(bodies.MAX_DEPTH))
    with pytest.raises(NotJson):
        bodies.parse(b"")


def test_another_media_type_is_a_415(http):
    assert is_problem(http.post(REBUILD, data=b"{}", content_type="text/plain"), 415)
    assert is_problem(http.post(REBUILD, data=b"{}"), 415)
    assert is_problem(http.post(REBUILD, data={"a": "b"}), 415)


def test_a_body_over_one_mebibyte_is_a_413(http):
    assert is_problem(http.post(REBUILD, data=b" " * (bodies.MAX_BYTES + 1), content_type=JSON), 413)
    assert is_problem(http.post(REBUILD, data=b" " * bodies.MAX_BYTES, content_type=JSON), 400)


@pytest.mark.parametrize(
    "path",
    ["/concepts?limit=0", "/concepts?limit=201", "/concepts?limit=x", "/concepts?limit=9223372036854775808",
     "/concepts?after=%00", "/concepts?after=!!", "/concepts?after=W10", "/concepts?colour=red", "/concepts?kind=red",
     "/concepts?q=%00", "/concepts/a%00b", "/hierarchy?depth=65", "/hierarchy?shape=round", "/jobs?state=tired",
     "/concepts/rock/neighbours?after=x", "/concepts/rock/tracks?after=WzEsMl0"],
)  # fmt: skip
def test_unfit_questions_are_a_422(http, path):
    assert is_problem(http.get(path), 422)


def test_a_cursor_with_a_number_that_is_none_is_refused(http):
    import base64

    cursor = base64.urlsafe_b64encode(b'[NaN,"track-0"]').decode()
    assert is_problem(http.get(f"/concepts/rock/tracks?after={cursor}"), 422)


def test_every_get_is_a_problem_when_neo4j_was_never_there(http, graph):
    graph.away = True
    for path in (
        "/collections",
        "/concepts",
        "/concepts/rock",
        "/hierarchy",
        "/tracks/track-0",
        "/jobs",
        "/health/ready",
    ):
        answer = http.get(path)
        assert is_problem(answer, 503), path
        assert answer.headers["Retry-After"]
    assert is_problem(http.post(REBUILD, json={}), 503)
    assert http.get("/health/live").status_code == 200


def test_what_nobody_foresaw_is_a_500_without_a_traceback(http, graph, monkeypatch):
    def broken(*_args):
        raise ZeroDivisionError("secret detail")

    assert http.get("/concepts").status_code == 200
    monkeypatch.setattr(type(graph), "track", broken)
    answer = http.get("/tracks/track-0")
    assert is_problem(answer, 500)
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_a_page_of_another_origin_changes_nothing(http, rung, headers):
    assert is_problem(http.post(REBUILD, json={}, headers=headers), 403)
    assert rung == []
    assert http.post(REBUILD, json={}, headers={"Origin": "http://localhost"}).status_code == 202


def test_a_host_name_that_is_not_ours_is_refused(graph, rung):
    from webapi.factory import Options, create_app

    http = create_app(graph, rung.append, Options(trusted_hosts=("127.0.0.1", "localhost"))).test_client()
    assert http.get("/collections", headers={"Host": "127.0.0.1:8090"}).status_code == 200
    assert is_problem(http.get("/collections", headers={"Host": "rebound.example"}), 400)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(["collection", "preset", "seed", "ridge", "q", "folds", "layer", "min_score", "backbone", "x"])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=60)
    | st.dictionaries(fields, json_values, max_size=4).map(lambda one: json.dumps(one).encode())
)
def test_no_random_body_breaks_anything(http, graph, body):
    graph.jobs_by_id.clear()
    answer = http.post(REBUILD, data=body, content_type=JSON)
    assert answer.status_code < 500
    assert answer.status_code == 202 or answer.content_type == "application/problem+json"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["/concepts", "/concepts/rock/tracks", "/concepts/rock/children", "/hierarchy", "/jobs"]),
    asked=st.dictionaries(
        st.sampled_from(["limit", "after", "q", "collection", "below", "depth", "state", "kind"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
        max_size=3,
    ),
)  # fmt: skip
def test_no_random_question_breaks_anything(http, path, asked):
    answer = http.get(path, query_string=asked)
    assert answer.status_code < 500
    assert answer.status_code == 200 or answer.content_type == "application/problem+json"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12))
def test_no_random_id_breaks_anything(http, name):
    from urllib.parse import quote

    for path in ("/concepts/{}", "/concepts/{}/tracks", "/tracks/{}", "/jobs/{}", "/static/{}", "/docs/{}"):
        answer = http.get(path.format(quote(name, safe="")))
        assert answer.status_code < 500
