"""A whole rebuild on the real graph, its steps run in this process, against slow and obvious oracles."""

import dataclasses
import shutil
import threading

import networkx as nx
import numpy as np
import pytest

from cypher.model import hierarchy_sha256
from worker.activations.fingerprint import Fingerprint
from worker.answers.attribution import attribute
from worker.answers.published import load_published
from worker.hierarchy.builders import heymann_tree
from worker.hierarchy.generality import generality_tree
from worker.jobs.builds import Builds
from worker.jobs.context import StageContext
from worker.jobs.reaper import Reaper
from worker.jobs.requests import STAGE_NAMES, settings_of
from worker.jobs.stages import stage
from worker.jobs.verdicts import JudgementFile

pytestmark = pytest.mark.stack

TOLD = {"written", "closed", "kept", "basis_reason"}
"""What a stage says of its own run, beside what it computed and reused."""
LEAVES = {"violin", "cello", "flute", "oboe", "harp", "guitar"}


@pytest.fixture
def done(tiny):
    job = tiny.rebuild()
    assert (job.state, job.error_message) == ("succeeded", "")
    return job


def kept_similarity(tiny, job):
    """Ids of the kept concepts and their part of S, from the build's files."""
    builds = Builds(tiny.data, "tiny")
    judged = JudgementFile.load(builds, tiny.result(job, "similarity")["judgements"])
    learnt = [one.concept_id for one in judged.judgements if one.quality is not None]
    place = {concept: position for position, concept in enumerate(sorted(learnt))}
    rows = [place[concept] for concept in judged.kept_ids]
    whole = builds.read_array(tiny.result(job, "similarity")["similarity"], written_by="similarity")
    return judged.kept_ids, whole[np.ix_(rows, rows)]


def by_name(ids, edges):
    return {ids[edge.child]: None if edge.parent is None else ids[edge.parent] for edge in edges}


def test_a_rebuild_publishes_the_tree_of_its_rule(tiny, done):
    """S from the file, the builder called directly: the same parents as in the graph."""
    ids, part = kept_similarity(tiny, done)
    wanted = by_name(ids, generality_tree(part))
    assert tiny.tree() == wanted
    hierarchy = tiny.graph.hierarchy.current("tiny")
    assert hierarchy.sha256 == hierarchy_sha256(wanted.items())
    assert done.result_version == hierarchy.version == 1


def test_the_poster_s_rule_is_there_by_name(tiny):
    """S from the file, betweenness by networkx, Heymann called directly: the same parents as in the graph."""
    job = tiny.rebuild(builder="heymann", min_similarity=0.2, max_children=20)
    ids, part = kept_similarity(tiny, job)
    passes = (part > 0.5) & ~np.eye(len(ids), dtype=bool)
    central = nx.betweenness_centrality(nx.from_numpy_array(passes | passes.T))
    oracle = heymann_tree(part, np.array([central[position] for position in range(len(ids))]))
    assert tiny.tree() == by_name(ids, oracle)


def test_what_cannot_be_learnt_is_left_out_with_its_reason(tiny, done):
    concepts = {concept.name: concept for concept in tiny.graph.catalogue.concepts("tiny")}
    assert {name for name, concept in concepts.items() if concept.status == "kept"} >= LEAVES
    codes = {name: concepts[name].reason.partition(":")[0] for name in ("anything", "rare", "silent")}
    assert codes["rare"] == "too_few_tracks"
    assert codes["silent"] == "no_sound"
    assert codes["anything"] in {"not_learnt", "low_accuracy"}
    summary = tiny.result(done, "publish")
    assert {one["name"]: one["reason"].partition(":")[0] for one in summary["left_out"]} == codes


@pytest.mark.usefixtures("done")
def test_links_and_neighbours_are_those_of_the_published_version(tiny):
    violin = next(c.id for c in tiny.graph.catalogue.concepts("tiny") if c.name == "violin")
    links = tiny.graph.hierarchy.tracks_of(violin, limit=200)
    assert links
    assert all(link.score > 0.5 for link in links)
    assert [link.score for link in links] == sorted((link.score for link in links), reverse=True)
    members = set(tiny.memberships["violin"])
    assert all(link.is_example == (link.track.id in members) for link in links)
    strongest = tiny.graph.hierarchy.concepts_of(links[0].track.id)
    assert [link.rank for link in strongest] == list(range(1, len(strongest) + 1))
    assert tiny.graph.hierarchy.neighbours(violin)
    assert all(one.outgoing is None or 0 < one.outgoing_error < 0.2 for one in tiny.graph.hierarchy.neighbours(violin))
    assert tiny.staged() == 0


@pytest.mark.usefixtures("done")
def test_every_stage_may_run_twice_with_the_same_result(tiny, graph):
    """Each stage of a rebuild in progress is run, and run again, before it is finished."""
    job = tiny.ask(seed=3)
    again = {}
    ledger = graph.ledger
    for name in STAGE_NAMES:
        (step,) = ledger.due_steps(job.id)
        assert step.name == name
        lease = ledger.lease(step.id, "twice", 60.0)
        context = context_of(tiny, ledger.job(job.id), step, lease)
        first = stage(name)(context)
        again[name] = (first.values, stage(name)(context).values)
        ledger.finish(lease, dict(first.values), first.then)
    for name, (one, other) in again.items():
        told = {word for word in one if word.endswith(("computed", "reused"))} | TOLD
        same = one.keys() - told
        assert {word: one[word] for word in same} == {word: other[word] for word in same}, name
    assert again["edges"][1]["written"] == again["links"][1]["written"] == 0
    assert again["vectors"][1]["computed"] == again["centrality"][1]["computed"] == 0
    assert again["similarity"][1]["columns_computed"] == again["similarity"][1]["qualities_computed"] == 0
    assert graph.hierarchy.current("tiny").version == 2


def context_of(bench, job, step, lease):
    settings = settings_of(job.parameters)
    fingerprint = bench.workshop.fingerprint(settings)
    return StageContext(
        job=job,
        step=step,
        lease=lease,
        settings=settings,
        graph=bench.graph,
        data=bench.data,
        fingerprint=fingerprint,
        backbone=lambda: bench.workshop.backbone(fingerprint),
        advance=lambda _done, _total: None,
    )


@pytest.mark.usefixtures("done")
def test_a_second_rebuild_computes_nothing_again_and_publishes_nothing(tiny):
    before = tiny.graph.hierarchy.current("tiny")
    second = tiny.rebuild()
    assert second.state == "succeeded"
    published = tiny.result(second, "publish")
    assert published["unchanged"] is True
    assert published["activations"] == {"computed": 0, "reused": len(tiny.sounds), "failed": {}}
    assert tiny.result(second, "vectors")["computed"] == 0
    assert (
        tiny.result(second, "similarity")["cells_computed"] == tiny.result(second, "similarity")["rows_computed"] == 0
    )
    assert tiny.result(second, "edges")["written"] == tiny.result(second, "links")["written"] == 0
    assert second.result_version == 1
    assert tiny.graph.hierarchy.current("tiny") == before
    assert len(tiny.graph.hierarchy.versions("tiny")) == 1


@pytest.mark.usefixtures("done")
def test_a_rebuild_from_nothing_gives_the_same_hierarchy(tiny):
    """Delete every file but the activations: the same version comes out, bit for bit."""
    before = tiny.graph.hierarchy.current("tiny")
    shutil.rmtree(tiny.data / "builds")
    second = tiny.rebuild()
    assert tiny.result(second, "publish")["unchanged"] is True
    assert tiny.graph.hierarchy.current("tiny") == before


@pytest.mark.usefixtures("done")
def test_a_changed_playlist_gives_a_new_version(tiny):
    memberships = dict(tiny.memberships)
    memberships["violin"] = memberships["violin"][:-4]
    tiny.fill(memberships, sorted(tiny.sounds))
    second = tiny.rebuild()
    assert second.result_version == 2
    assert tiny.result(second, "publish")["unchanged"] is False
    assert (tiny.result(second, "vectors")["computed"], tiny.result(second, "vectors")["basis_reason"]) == (1, "")
    assert tiny.result(second, "publish")["activations"]["computed"] == 0
    assert tiny.staged() == 0


@pytest.mark.usefixtures("done")
def test_the_published_vectors_tag_new_sound_without_a_server(tiny):
    published = load_published(tiny.data)
    assert (published.collection, published.version) == ("tiny", 1)
    scores = attribute(published, tiny.sounds["violin00"], Fingerprint.parse(published.fingerprint))
    assert scores[0].name in {"violin", "strings"}
    likely = {one.name: one.probability for one in scores}
    assert likely["violin"] > 0.5 > likely["flute"]


@pytest.mark.usefixtures("done")
def test_concepts_are_judged_by_name_never_by_order_of_import(tiny):
    """The same library imported in the opposite order has the same tree."""
    memberships = {name: tiny.memberships[name][::-1] for name in reversed(tiny.memberships)}
    tiny.fill(memberships, sorted(tiny.sounds, reverse=True), collection="other")
    job = tiny.rebuild(collection="other")
    assert job.state == "succeeded"
    names = {c.id: c.name for c in [*tiny.graph.catalogue.concepts("tiny"), *tiny.graph.catalogue.concepts("other")]}
    trees = [{names[c]: p and names[p] for c, p in tiny.tree(one).items()} for one in ("tiny", "other")]
    assert trees[0] == trees[1]


# --- endings that are no success -----------------------------------------------------------------------------------


def test_an_empty_collection_is_a_sentence(bench):
    bench.fill({"violin": []}, ["a"])
    job = bench.rebuild()
    assert (job.state, job.error_code) == ("failed", "empty_collection")
    assert "import music and playlists into it first" in job.error_message


def test_concepts_that_are_too_small_are_counted_by_reason(tiny):
    job = tiny.rebuild(min_tracks=200)
    assert (job.state, job.error_code) == ("failed", "nothing_learnable")
    assert "none of the 12 concepts of 'tiny' can be learnt" in job.error_message
    assert "11 too_few_tracks, 1 no_sound" in job.error_message
    assert "200 tracks with sound: add tracks, or lower min_tracks" in job.error_message


def test_noise_is_not_published(bench):
    rng = np.random.default_rng(5)
    tracks = [f"t{number:03d}" for number in range(120)]
    memberships = {f"noise {n}": sorted(rng.choice(tracks, 30, replace=False).tolist()) for n in range(4)}
    bench.fill(memberships, tracks)
    bench.store.write(tracks, [rng.normal(size=(2, 12)).astype(np.float32) for _ in tracks])
    job = bench.rebuild(min_accuracy=0.9)
    assert (job.state, job.error_code) == ("failed", "no_concept_kept")
    assert "none of the 4 concepts of 'tiny' is kept (4 " in job.error_message
    assert bench.graph.hierarchy.current("tiny") is None
    assert bench.staged() == 0


def test_tracks_without_a_file_are_named_and_stop_nothing(tiny):
    memberships = dict(tiny.memberships)
    memberships["violin"] = [*memberships["violin"], "gone", "elsewhere"]
    tiny.fill({}, ["elsewhere"], uri="https://example.org/{}.mp3")
    tiny.fill(memberships, [*tiny.sounds, "gone"])
    job = tiny.rebuild()
    assert job.state == "succeeded"
    heard = tiny.result(job, "publish")["activations"]
    assert heard["computed"] == 0
    assert heard["reused"] == len(tiny.sounds)
    assert sum(heard["failed"].values()) == 2
    failures = tiny.result(job, "activations")["failures"]
    assert failures["elsewhere"] == "no_file"
    assert failures["gone"] != "no_file"


def test_no_sound_at_all_is_a_sentence(bench):
    bench.fill({"violin": [f"t{n}" for n in range(20)]}, [f"t{n}" for n in range(40)])
    job = bench.rebuild()
    assert (job.state, job.error_code) == ("failed", "no_sound")
    assert "none of the 40 tracks of 'tiny' could be heard" in job.error_message


def test_an_unknown_backbone_is_refused_with_the_known_ones(tiny):
    job = tiny.rebuild(backbone="nonsense")
    assert job.state == "failed"
    assert "msd_vgg" in job.error_message


def test_a_flat_version_is_refused_at_the_gate(tiny):
    job = tiny.rebuild(min_similarity=1.0)
    assert (job.state, job.error_code) == ("failed", "gate_refused")
    assert "lower min_similarity (now 1.0)" in job.error_message
    assert tiny.graph.hierarchy.current("tiny") is None
    assert tiny.staged() == 0


def test_a_file_that_went_missing_between_two_stages_is_named(tiny):
    job = tiny.ask()
    run_until(tiny, job.id, "similarity")
    shutil.rmtree(tiny.data / "builds")
    failed = tiny.drain(job.id)
    assert (failed.state, failed.error_code) == ("failed", "build_missing")
    assert "start a new rebuild" in failed.error_message


# --- cancel and retry ------------------------------------------------------------------------------------------------


def run_until(bench, job_id, stage_name):
    """Run the steps before a stage."""
    while (step := bench.graph.ledger.due_steps(job_id)[0]).name != stage_name:
        assert bench.runner.run(step.id) == "done"
    return step


@pytest.mark.parametrize("before", ["vectors", "centrality", "publish"])
@pytest.mark.usefixtures("done")
def test_a_cancelled_job_leaves_nothing_staged_and_its_retry_ends_as_a_calm_run(tiny, before):
    """Cancelled while nobody held a step: the reaper tidies. Retried: what was taken back is staged again."""
    calm = tiny.rebuild(seed=9)
    wanted = dataclasses.replace(tiny.graph.hierarchy.current("tiny"))
    assert calm.result_version == 2
    back = tiny.rebuild()
    assert back.result_version == 3
    reaper = Reaper(tiny.workshop, tiny.rung.append, tiny.settings.redis_url.get_secret_value())
    job = tiny.ask(seed=9)
    reaper.look_once()
    run_until(tiny, job.id, before)
    tiny.graph.ledger.cancel(job.id)
    reaper.look_once()
    assert tiny.graph.ledger.job(job.id).state == "cancelled"
    assert tiny.staged() == 0
    tiny.graph.ledger.retry(job.id)
    retried = tiny.drain(job.id)
    assert (retried.state, retried.error_message) == ("succeeded", "")
    current = tiny.graph.hierarchy.current("tiny")
    assert (current.version, current.sha256) == (4, wanted.sha256)
    assert current.measures == wanted.measures
    assert tiny.staged() == 0
    assert not list((tiny.data / "builds" / "tiny").glob("undone-*"))


@pytest.mark.parametrize("in_office", [True, False])
def test_a_job_that_no_pass_has_seen_alive_is_tidied_up_behind(tiny, in_office):
    """It begins and is cancelled, with nobody holding a step, between two passes of the reaper, or before its first."""
    reaper = Reaper(tiny.workshop, tiny.rung.append, tiny.settings.redis_url.get_secret_value())
    if in_office:
        reaper.look_once()
    job = tiny.ask()
    run_until(tiny, job.id, "centrality")
    tiny.graph.ledger.cancel(job.id)
    assert tiny.graph.ledger.job(job.id).state == "cancelled"
    assert tiny.staged() > 0
    reaper.look_once()
    assert tiny.staged() == 0


def test_a_surprise_in_a_pass_does_not_end_the_reaper(tiny, monkeypatch, wait_for):
    passes = []

    def surprise(*_):
        passes.append(1)
        raise ZeroDivisionError

    monkeypatch.setattr(tiny.graph.ledger.__class__, "due_steps", surprise)
    reaper = Reaper(tiny.workshop, tiny.rung.append, tiny.settings.redis_url.get_secret_value(), period_s=0.05)
    reaper.start()
    try:
        assert wait_for(lambda: len(passes) >= 3, 10)
    finally:
        reaper.stop()
        assert wait_for(lambda: "reaper" not in {thread.name for thread in threading.enumerate()}, 10)
