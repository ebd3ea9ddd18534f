"""Differences by version, against a slow reading of what every version should see."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from cypher.intervals import Standing, differences

WANTED = st.dictionaries(st.sampled_from("abcd"), st.sampled_from([(0.1,), (0.2,), (0.3,)]), max_size=4)


@dataclass
class Rel:
    other: str
    value: tuple[float, ...]
    since: int
    until: int | None = None


def stage(rels, wanted, version, numbers):
    standing = [
        Standing(key, rel.other, rel.value, rel.since, rel.until)
        for key, rel in rels.items()
        if rel.until is None or rel.until >= version
    ]
    changes = differences(wanted, standing, version)
    for key in changes.close:
        rels[key].until = version
    for key in changes.reopen:
        rels[key].until = None
    for key in changes.remove:
        del rels[key]
    for other in changes.create:
        rels[str(next(numbers))] = Rel(other, wanted[other], version)
    return changes


def seen(rels, version):
    visible = [rel for rel in rels.values() if rel.since <= version and (rel.until is None or rel.until > version)]
    assert len({rel.other for rel in visible}) == len(visible), "no reader sees an edge twice"
    return {rel.other: rel.value for rel in visible}


@given(st.lists(st.tuples(st.lists(WANTED, max_size=3), WANTED), min_size=1, max_size=5))
def test_every_version_sees_what_was_wanted_whatever_was_tried_before(history):
    rels: dict[str, Rel] = {}
    numbers, published = count(), {}
    for version, (aborted, final) in enumerate(history, start=1):
        for attempt in [*aborted, final]:
            stage(rels, attempt, version, numbers)
            assert seen(rels, version) == attempt
            for earlier, wanted in published.items():
                assert seen(rels, earlier) == wanted
        published[version] = final


@given(WANTED, WANTED)
def test_staging_the_same_twice_changes_nothing(before, after):
    rels: dict[str, Rel] = {}
    numbers = count()
    stage(rels, before, 1, numbers)
    stage(rels, after, 2, numbers)
    again = stage(rels, after, 2, numbers)
    assert (again.create, again.close, again.reopen, again.remove) == ([], [], [], [])


@given(WANTED, WANTED)
def test_only_what_differs_is_touched(before, after):
    rels: dict[str, Rel] = {}
    numbers = count()
    stage(rels, before, 1, numbers)
    changes = stage(rels, after, 2, numbers)
    assert set(changes.create) == {other for other in after if before.get(other) != after[other]}
    assert len(changes.close) == sum(after.get(other) != value for other, value in before.items())
    assert (changes.reopen, changes.remove) == ([], [])
