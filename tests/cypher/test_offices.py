"""Offices and schedules on a real graph: one holder, one next time."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from cypher.errors import UnknownCollection, UnknownSchedule

pytestmark = pytest.mark.stack

EARLIER = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def office():
    return f"office-{uuid.uuid4()}"


def test_of_24_that_want_an_office_at_once_one_gets_it(graph, office):
    graph.offices.take(office, "nobody", 0.001)
    time.sleep(0.05)
    with ThreadPoolExecutor(12) as pool:
        holders = {found.holder for found in pool.map(lambda n: graph.offices.take(office, f"r{n}", 60.0), range(24))}
    assert len(holders) == 1
    assert graph.offices.holder(office).holder in holders


def test_an_office_is_kept_by_being_heard_of_and_lost_by_silence(graph, office):
    first = graph.offices.take(office, "a", 60.0)
    assert graph.offices.take(office, "b", 60.0).holder == "a"
    again = graph.offices.take(office, "a", 60.0)
    assert (again.since, again.until > first.until) == (first.since, True)
    last = graph.offices.take(office, "a", 0.05)
    time.sleep(0.1)
    assert graph.offices.holder(office).held is False
    taken = graph.offices.take(office, "b", 60.0)
    assert taken.holder == "b"
    assert taken.since > last.until
    assert graph.offices.take(office, "a", 60.0).holder == "b"


def test_who_leaves_makes_room_at_once_and_only_for_its_own_office(graph, office):
    graph.offices.take(office, "a", 60.0)
    graph.offices.leave(office, "b")
    assert graph.offices.take(office, "b", 60.0).holder == "a"
    graph.offices.leave(office, "a")
    assert graph.offices.take(office, "b", 60.0).holder == "b"
    assert graph.offices.holder(f"{office}-of-nobody") is None


def test_a_schedule_moves_on_once_for_each_time(bench):
    schedules = bench.graph.schedules
    made = schedules.put(bench.collection, {"every_h": 1}, {"settings": {}}, author="zoë", next_at=EARLIER)
    assert (made.due, made.last_said, made.author) == (True, "", "zoë")
    later = EARLIER + timedelta(days=365 * 100)
    moved = [schedules.move(made, later, job="j", said="asked for job j") for _ in range(2)]
    assert moved == [True, False]
    found = schedules.schedule(bench.collection)
    assert (found.due, found.last_job, found.last_said, found.next_at) == (False, "j", "asked for job j", later)
    again = schedules.put(bench.collection, {"every_h": 2}, {}, author="", next_at=later)
    assert (again.rule, again.last_job) == ({"every_h": 2}, None)
    assert bench.collection in {one.collection for one in schedules.schedules()}
    schedules.remove(bench.collection)
    for ask in (schedules.schedule, schedules.remove):
        with pytest.raises(UnknownSchedule):
            ask(bench.collection)


def test_an_unknown_collection_gets_no_schedule(bench):
    with pytest.raises(UnknownCollection):
        bench.graph.schedules.put("nobody", {}, {}, author="", next_at=EARLIER)
