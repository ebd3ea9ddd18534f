"""A plan says beforehand what the job's result says afterwards."""

import pytest

from cypher.model import Example, NewConcept, Track
from webapi.plans import rebuild_plan
from worker.jobs.planning import changes_since, plan
from worker.jobs.requests import RebuildRequest

QUICK = {"backbone": "logmel", "min_tracks": 5, "random_sets": 99, "q": 0.05, "ridge": 0.1}


def planned(bench, **changes):
    survey = bench.graph.planning.survey("rebuild", "tiny")
    return rebuild_plan(survey, RebuildRequest(**{**QUICK, **changes}).settings(), None)


def stages(answer):
    return {stage.name: (stage.computes, stage.reuses) for stage in answer.stages}


def held_to(bench, answer, job, *, has_sound=True):
    """The plan against what the job reports; what is learnt again is planned for tracks that give sound."""
    scan, learnt = bench.result(job, "scan"), bench.result(job, "vectors")
    found = scan["changes"]
    concepts = answer.concepts
    assert [found[kind] for kind in ("new", "changed", "gone", "unchanged")] == [
        len(concepts.new),
        len(concepts.changed),
        len(concepts.gone),
        concepts.unchanged,
    ]
    assert found["ids"]["new"] == [one.id for one in concepts.new]
    assert found["ids"]["changed"] == [one.id for one in concepts.changed]
    heard = bench.result(job, "publish")["activations"]
    assert heard["computed"] + sum(heard["failed"].values()) == answer.tracks.unheard
    assert heard["reused"] == answer.tracks.heard
    if not has_sound:
        return
    assert learnt["computed"] == stages(answer)["vectors"][0]
    assert bench.result(job, "publish")["unchanged"] is answer.nothing_to_do


def test_changes_are_told_by_the_hash_of_the_members():
    members = {"kept": ["a", "b"], "grown": ["a", "b", "c"], "fresh": ["a"]}
    before = {
        "kept": changes_hash(["a", "b"]),
        "grown": changes_hash(["a", "b"]),
        "lost": changes_hash(["c"]),
    }
    found = changes_since(before, members)
    assert (found.new, found.changed, found.gone, found.unchanged) == (("fresh",), ("grown",), ("lost",), 1)
    assert found.any
    assert not changes_since({"kept": changes_hash(["a", "b"])}, {"kept": ["a", "b"]}).any


def changes_hash(members):
    from worker.jobs.builds import content_hash

    return content_hash(members)


@pytest.mark.stack
def test_a_plan_agrees_with_the_job_that_follows_it(tiny):
    """First rebuild, nothing changed, a grown playlist, new tracks that cannot be heard, other settings."""
    catalogue = tiny.graph.catalogue
    first = planned(tiny)
    assert (first.version, first.tracks.basis, first.expected_s) == (None, None, None)
    assert first.tracks.unheard == first.tracks.total == len(tiny.sounds)
    job = tiny.rebuild()
    assert [one.id for one in first.concepts.new] == tiny.result(job, "scan")["changes"]["ids"]["new"]

    again = planned(tiny)
    assert again.nothing_to_do
    assert (again.tracks.unheard, again.tracks.heard) == (0, len(tiny.sounds))
    assert stages(again)["vectors"] == (0, first.stages[2].computes)
    held_to(tiny, again, tiny.rebuild())
    assert planned(tiny).expected_s is not None

    key = "test:tiny:violin"
    ids = catalogue.save_concepts("tiny", [NewConcept(key, "violin"), NewConcept("test:tiny:new", "Brand new")])
    members = sorted(tiny.sounds)[:30]
    catalogue.replace_examples(
        {
            ids[key]: [Example(one) for one in tiny.memberships["violin"][:-1]],
            ids["test:tiny:new"]: [Example(one) for one in members],
        }
    )
    grown = planned(tiny)
    assert [one.name for one in grown.concepts.new] == ["Brand new"]
    assert [one.name for one in grown.concepts.changed] == ["violin"]
    held_to(tiny, grown, tiny.rebuild())

    catalogue.save_tracks([Track("unheard", "Unheard", uri="file:///nowhere/unheard.wav")], [])
    more = planned(tiny)
    assert (more.tracks.new, more.tracks.unheard) == (1, 1)
    held_to(tiny, more, tiny.rebuild(), has_sound=False)
    settled = planned(tiny)
    assert (settled.tracks.new, settled.tracks.unheard, settled.tracks.failed_before) == (0, 1, 1)
    held_to(tiny, settled, tiny.rebuild())

    other = planned(tiny, seed=7)
    assert not other.nothing_to_do
    held_to(tiny, other, tiny.rebuild(seed=7))


@pytest.mark.stack
def test_a_job_is_expected_to_take_what_the_last_ones_took(tiny):
    tiny.rebuild()
    job = tiny.rebuild()
    assert set(job.expected) >= {"scan", "centrality", "publish"}
    survey = tiny.graph.planning.survey("rebuild", "tiny")
    work, heard = plan(survey, RebuildRequest(**QUICK).settings())
    assert heard.job_id == job.id
    assert work.identical
