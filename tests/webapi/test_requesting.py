"""Every request has an id, in its answer and in what is logged of it."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs


def test_an_answer_names_the_request_whatever_became_of_it(http):
    ids = [
        http.get(path).headers["X-Request-ID"] for path in ("/concepts", "/concepts", "/nothing", "/concepts/nobody")
    ]
    assert len(set(ids)) == 4
    assert http.get("/concepts", headers={"X-Request-ID": "mine-1"}).headers["X-Request-ID"] == "mine-1"


@pytest.mark.parametrize("chosen", ["", "a b", "x" * 65, '{"a":1}', "é"])
def test_an_id_that_could_spoil_a_log_is_replaced(http, chosen):
    given = http.get("/health/live", headers={"X-Request-ID": chosen}).headers["X-Request-ID"]
    assert given != chosen
    assert given.isalnum()


def test_what_changes_something_is_logged_with_its_route_and_job_and_questions_are_not(http):
    import structlog

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        http.get("/concepts")
        made = http.post("/jobs/rebuild", json={"collection": "genres"}, headers={"X-Request-ID": "mine-2"})
        http.delete("/tracks/track-0")
    answered = [one for one in lines if one["event"] == "answered"]
    assert [(one["method"], one["route"], one["status"]) for one in answered] == [
        ("POST", "/jobs/rebuild", 202),
        ("DELETE", "/tracks/<track_id>", 200),
    ]
    assert (answered[0]["request"], answered[0]["job"]) == ("mine-2", made.json["id"])
    assert "job" not in answered[1]
    assert answered[0]["seconds"] >= 0


def test_a_failure_is_logged_even_of_a_question(http, graph):
    graph.away = True
    with capture_logs() as lines:
        assert http.get("/concepts/rock/neighbours").status_code == 503
    assert [one["status"] for one in lines if one["event"] == "answered"] == [503]
