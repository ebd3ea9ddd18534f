"""Schedules: the next time by a rule, and what the elected reaper makes of a time that has come."""

from datetime import UTC, datetime, timedelta

import pytest

from worker.jobs.reaper import Reaper
from worker.jobs.schedules import Rule, ScheduleRequest, next_time
from worker.jobs.timekeeper import serve_due

FRIDAY = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule(every_h=6), FRIDAY + timedelta(hours=6)),
        (Rule(at="12:00"), FRIDAY + timedelta(days=1)),
        (Rule(at="12:01"), FRIDAY + timedelta(minutes=1)),
        (Rule(at="11:59", days=("fri",)), FRIDAY + timedelta(days=7, minutes=-1)),
        (Rule(at="00:00", days=("mon", "thu")), datetime(2026, 5, 4, tzinfo=UTC)),
    ],
)
def test_the_next_time_is_the_first_after_now(rule, expected):
    assert next_time(rule, after=FRIDAY, anchor=FRIDAY) == expected


@pytest.mark.parametrize("late_h", [0.0, 0.5, 6.0, 6.5, 50.0])
def test_however_late_it_is_the_next_time_is_in_the_future_and_on_the_beat(late_h):
    now = FRIDAY + timedelta(hours=late_h)
    found = next_time(Rule(every_h=6), after=now, anchor=FRIDAY)
    assert now < found <= now + timedelta(hours=6)
    assert (found - FRIDAY) % timedelta(hours=6) == timedelta(0)


def test_a_rule_reads_as_it_is_meant():
    assert Rule(every_h=24).text() == "every 24 h"
    assert ScheduleRequest(at="03:30", settings={"seed": 4}).rebuild().settings().seed == 4


@pytest.fixture
def due(bench):
    """A collection whose time was missed by years."""
    bench.fill({"violin": ["a", "b"]}, ["a", "b"])
    bench.graph.schedules.put(
        "tiny", {"every_h": 24}, {"settings": {"min_tracks": 5}}, author="zoë", next_at=datetime(2020, 1, 1, tzinfo=UTC)
    )
    return bench


@pytest.mark.stack
def test_a_time_that_was_missed_many_times_is_served_once(due):
    assert [one.collection for one in serve_due(due.graph, due.rung.append)] == ["tiny"]
    assert serve_due(due.graph, due.rung.append) == []
    (job,) = due.graph.ledger.jobs("tiny")
    assert (job.author, job.parameters["min_tracks"]) == ("schedule of zoë", 5)
    assert [step.name for step in due.rung] == ["scan"]
    found = due.graph.schedules.schedule("tiny")
    assert (found.last_job, found.last_said) == (job.id, f"asked for job {job.id}")
    assert found.read_at < found.next_at <= found.read_at + timedelta(hours=24)


@pytest.mark.stack
def test_two_that_serve_the_same_time_ask_for_one_job(due):
    """The first died after it had asked, and before it had moved the schedule on."""
    seen = due.graph.schedules.schedule("tiny")
    serve_due(due.graph, due.rung.append)
    (job,) = due.graph.ledger.jobs("tiny")
    due.graph.ledger.cancel(job.id)
    due.graph.schedules.put("tiny", seen.rule, seen.request, author="zoë", next_at=seen.next_at)
    serve_due(due.graph, due.rung.append)
    assert [one.id for one in due.graph.ledger.jobs("tiny")] == [job.id]


@pytest.mark.stack
def test_a_rebuild_in_the_way_skips_the_time_and_says_so(due):
    rival = due.ask()
    serve_due(due.graph, due.rung.append)
    found = due.graph.schedules.schedule("tiny")
    assert found.last_said == f"skipped: job {rival.id} was at work on the collection"
    assert found.last_job == rival.id
    assert not found.due


@pytest.mark.stack
def test_of_two_reapers_the_elected_one_rings_and_serves(due, clean_graph):
    url = clean_graph.redis_url.get_secret_value()
    first, second = (Reaper(due.workshop, due.rung.append, url, period_s=60.0) for _ in range(2))
    assert first.look_once() == []
    (job,) = due.graph.ledger.jobs("tiny")
    for _ in range(3):
        assert second.look_once() == []
    assert first.look_once() == []  # seen due for the first time, though rung for when it was asked
    assert [step.job_id for step in first.look_once()] == [job.id]
    assert due.graph.offices.holder("reaper").holder == first.name
