"""Drift in a rebuild: every version says what became of its concepts since the one before, from its own files."""

import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cypher.model import Example
from worker.cli import drift_commands
from worker.jobs.drift import compare, material_of_version
from worker.jobs.errors import VersionFilesMissing


def ids_of(bench, *names):
    found = {concept.name: concept.id for concept in bench.graph.catalogue.concepts("tiny")}
    return [found[name] for name in names]


def swap(bench, concept, gone, added):
    """Some tracks of a concept give way to others."""
    members = dict(bench.memberships)
    members[concept] = [track for track in members[concept] if track not in gone] + list(added)
    bench.fill(members, sorted(bench.sounds))
    bench.memberships = members


def test_the_first_version_is_compared_with_nothing(tiny):
    job = tiny.rebuild()
    assert tiny.result(job, "publish")["drift"] == {}
    (violin,) = ids_of(tiny, "violin")
    assert [one.drift for one in tiny.graph.drift.history(violin)] == [None]


def test_tracks_of_another_sound_are_told_from_tracks_that_stay(tiny):
    """Half of the violins give way to guitars: found. Nobody else's sound has drifted."""
    tiny.rebuild()
    violins, guitars = tiny.memberships["violin"], tiny.memberships["guitar"]
    swap(tiny, "violin", set(violins[:12]), guitars[:12])
    job = tiny.rebuild()
    violin, harp = ids_of(tiny, "violin", "harp")
    told = tiny.result(job, "publish")["drift"]
    assert told["since"] == 1
    assert {"id": violin, "name": "violin"} in told["drifted"]
    newest, oldest = tiny.graph.drift.history(violin)
    assert (newest.hierarchy.version, oldest.drift) == (2, None)
    assert (newest.drift.since, newest.drift.added, newest.drift.gone) == (1, 12, 12)
    assert newest.drift.jaccard == pytest.approx(12 / 36, abs=1e-6)
    assert "sound" in newest.drift.drifted
    sound = next(one for one in newest.drift.figures if one.name == "sound")
    assert sound.value > sound.high
    assert sound.q_value <= 0.05
    assert "sound" not in tiny.graph.drift.history(harp)[0].drift.drifted


def test_a_rebuild_with_only_another_seed_is_a_new_version_without_drift(tiny):
    tiny.rebuild()
    flagged = []
    for seed in (1, 2, 3):
        job = tiny.rebuild(seed=seed)
        assert not tiny.result(job, "publish")["unchanged"]
        flagged += tiny.result(job, "publish")["drift"]["drifted"]
    assert flagged == []
    assert len(tiny.graph.drift.history(*ids_of(tiny, "violin"))) == 4


def test_a_rebuild_of_nothing_new_is_still_no_new_version(tiny):
    tiny.rebuild()
    swap(tiny, "violin", set(tiny.memberships["violin"][:3]), ())
    tiny.rebuild()
    job = tiny.rebuild()
    assert tiny.result(job, "publish")["unchanged"]
    assert len(tiny.graph.hierarchy.versions("tiny")) == 2


def test_any_two_versions_are_compared_from_their_files_and_backwards_gives_the_opposite(tiny):
    tiny.rebuild()
    for cut in (4, 8):
        swap(tiny, "oboe", set(tiny.memberships["oboe"][:cut]), ())
        tiny.rebuild()
    first, last = (material_of_version(tiny.data, tiny.graph.hierarchy.version("tiny", one)) for one in (1, 3))
    (oboe,) = ids_of(tiny, "oboe")
    there, back = (
        {one.concept_id: one for one in compare(tiny.data, *pair)}[oboe] for pair in ((first, last), (last, first))
    )
    assert len(there.gone) == len(back.added) == 12
    assert there.gone == back.added
    assert set(there.children_gained) == set(back.children_lost)
    cosines = [next(one.value for one in drift.figures if one.name == "vector") for drift in (there, back)]
    assert np.allclose(cosines[0], cosines[1])


def test_a_version_whose_files_are_gone_stops_no_rebuild_and_is_named(tiny):
    tiny.rebuild()
    before = tiny.graph.hierarchy.version("tiny", 1)
    folder = tiny.data / "builds" / "tiny"
    (folder / before.hierarchy.files["scores"]).unlink()
    with pytest.raises(VersionFilesMissing, match="scores"):
        material_of_version(tiny.data, before)
    job = tiny.rebuild(seed=5)
    assert job.state == "succeeded"
    assert "scores" in tiny.result(job, "publish")["drift"]["reason"]


@pytest.fixture
def run(tiny, monkeypatch):
    """The command `drift`, in front of the tiny library."""
    commands = typer.Typer()
    drift_commands.register(commands)
    commands.command()(lambda: None)
    monkeypatch.setattr(drift_commands, "load_settings", lambda: tiny.settings)
    return lambda *words: CliRunner().invoke(commands, list(words), catch_exceptions=False)


def test_the_command_compares_the_last_two_versions_or_any(tiny, run):
    tiny.rebuild()
    assert "no earlier version" in run("drift", "--collection", "tiny").stdout
    swap(tiny, "violin", set(tiny.memberships["violin"][:12]), tiny.memberships["guitar"][:12])
    tiny.rebuild()
    found = json.loads(run("drift", "--collection", "tiny", "--json").stdout)
    assert (found["from"], found["to"]) == (1, 2)
    violin = next(one for one in found["concepts"] if one["name"] == "violin")
    assert "sound" in violin["drifted"]
    assert len(violin["tracks_added"]) == 12
    said = run("drift", "--collection", "tiny", "--from", "1", "--to", "2").stdout
    assert said.startswith(f"Tiny, version 1 to 2: {found['drifted']} of {found['compared']} concepts have drifted")
    assert "violin" in said


def test_the_command_finds_what_changed_over_the_years(tiny, run):
    """The mixed concept was violins in 2019 and harps in 2021; the cellos came evenly, the flutes have no dates."""
    tiny.memberships["mixed"] = tiny.memberships["violin"][:14] + tiny.memberships["harp"][:14]
    tiny.fill(tiny.memberships, sorted(tiny.sounds))
    mixed, cello = ids_of(tiny, "mixed", "cello")
    years = ["2019-03-01"] * 14 + ["2021-03-01"] * 14
    tiny.graph.catalogue.replace_examples(
        {
            mixed: [Example(track, year) for track, year in zip(tiny.memberships["mixed"], years, strict=True)],
            cello: [
                Example(track, f"{2019 + 2 * (at % 2)}-05-05") for at, track in enumerate(tiny.memberships["cello"])
            ],
        }
    )
    tiny.rebuild(min_accuracy=0.5)
    found = json.loads(run("drift", "--collection", "tiny", "--periods", "year", "--all", "--json").stdout)
    told = {one["name"]: one for one in found["concepts"]}
    assert told["mixed"]["drifted"]
    assert [period["name"] for period in told["mixed"]["periods"]] == ["2019", "2021"]
    assert told["mixed"]["toward"][0]["name"] in {"harp", "plucked", "guitar"}
    assert not told["cello"]["drifted"]
    assert "says when it was added" in told["flute"]["reason"]
    said = run("drift", "--collection", "tiny", "--periods", "year").stdout
    assert said.startswith("Tiny, by year: 1 of 2 concepts have drifted")
    assert "more like" in said
