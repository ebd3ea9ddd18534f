"""Pages of other origins: refused unless the deployment names them, and then told what they may."""

from __future__ import annotations

import pytest

from webapi.errors import BadOrigin
from webapi.factory import Options, create_app
from webapi.origins import origins

NAMED = "https://notebooks.example"
OTHER = "https://evil.example"
KEY = "a-key-of-the-deployment-that-is-long"


@pytest.fixture
def guarded(graph, rung):
    """An API that demands keys and names one origin."""
    options = Options(check_every_s=0.02, keys_required=True, admin_key=KEY, cors=frozenset({NAMED}))
    return create_app(graph, rung.append, options).test_client()


def preflight(http, origin, path="/jobs/rebuild", method="POST"):
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization",
    }
    return http.options(path, headers=asked)


def test_by_default_no_page_elsewhere_is_told_that_it_may(http):
    answer = http.get("/concepts", headers={"Origin": OTHER})
    assert answer.status_code == 200
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not [name for name, _ in preflight(http, OTHER).headers if name.startswith("Access-Control")]
    assert http.post("/jobs/rebuild", json={}, headers={"Origin": OTHER}).json["code"] == "other_origin"


def test_a_preflight_needs_no_key_and_says_what_may_be_sent(guarded):
    answer = preflight(guarded, NAMED)
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == NAMED
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert {"Authorization", "Idempotency-Key", "If-Match"} <= set(
        answer.headers["Access-Control-Allow-Headers"].split(", ")
    )


def test_a_page_that_is_named_asks_and_changes_with_its_key(guarded):
    sent = {"Origin": NAMED, "Sec-Fetch-Site": "cross-site", "Authorization": f"Bearer {KEY}"}
    asked = guarded.get("/concepts", headers=sent)
    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == NAMED
    assert "ETag" in asked.headers["Access-Control-Expose-Headers"]
    assert "Origin" in asked.headers["Vary"]
    made = guarded.post("/jobs/rebuild", json={"collection": "genres"}, headers=sent)
    assert made.status_code == 202
    assert "Location" in made.headers["Access-Control-Expose-Headers"]


def test_a_problem_can_be_read_by_the_page_too(guarded):
    refused = guarded.get("/concepts", headers={"Origin": NAMED})
    assert refused.json["code"] == "key_refused"
    assert refused.headers["Access-Control-Allow-Origin"] == NAMED


@pytest.mark.parametrize(
    "origin", [OTHER, "https://notebooks.example.evil.example", "http://notebooks.example", "null"]
)
def test_a_page_that_is_not_named_stays_outside(guarded, origin):
    sent = {"Origin": origin, "Authorization": f"Bearer {KEY}"}
    assert "Access-Control-Allow-Origin" not in guarded.get("/concepts", headers=sent).headers
    assert "Access-Control-Allow-Origin" not in preflight(guarded, origin).headers
    assert guarded.post("/jobs/rebuild", json={}, headers=sent).json["code"] == "other_origin"


def test_an_answer_says_that_it_differs_by_origin_to_those_without_one_too(guarded):
    assert "Origin" in guarded.get("/health/live").headers["Vary"]


def test_the_setting_is_read_as_people_write_it():
    assert origins("") == frozenset()
    assert origins(" https://A.example,http://127.0.0.1:8888 http://[::1]:3000 ") == {
        "https://a.example", "http://127.0.0.1:8888", "http://[::1]:3000"
    }  # fmt: skip


@pytest.mark.parametrize("named", ["*", "notebooks.example", "https://a.example/", "https://a.example/x", "null",
                                   "ftp://a.example", "https://*.example"])  # fmt: skip
def test_what_is_no_origin_is_refused_by_name(named):
    with pytest.raises(BadOrigin, match="AUDIO_CONCEPTS_API_CORS"):
        origins(f"https://b.example,{named}")
