"""A rebuild computes what has changed and takes over the rest, and nobody can tell from its result."""

import json

import numpy as np
import pytest

from worker.concepts.vectors import ConceptVectors
from worker.jobs.builds import Builds
from worker.jobs.verdicts import JudgementFile

pytestmark = pytest.mark.stack

TRACKS = 144


def computed(bench, job):
    vectors, similarity = bench.result(job, "vectors"), bench.result(job, "similarity")
    return {
        "vectors": vectors["computed"],
        **{name: similarity[f"{name}_computed"] for name in ("columns", "rows", "qualities")},
    }


def numbers(bench, job):
    """Every number that a rebuild has made, read from its files and from the graph."""
    builds = Builds(bench.data, "tiny")
    vectors = ConceptVectors.load(builds.path(bench.result(job, "vectors")["vectors"], written_by="vectors"))
    similarity = bench.result(job, "similarity")
    arrays = {name: getattr(vectors, name) for name in ("weights", "bias", "fold_weights", "fold_bias")}
    for name in ("scores", "similarity", "similarity_error", "separation"):
        arrays[name] = builds.read_array(similarity[name], written_by="similarity")
    judged = JudgementFile.load(builds, similarity["judgements"]).judgements
    links = bench.result(job, "links")["sha256"]
    return vectors.concept_ids, arrays, judged, links, bench.tree()


def assert_the_same(one, other):
    assert one[0] == other[0]
    for name, array in one[1].items():
        assert array.tobytes() == other[1][name].tobytes(), name
    assert one[2:] == other[2:]


def from_nothing(bench):
    """Everything is gone but activations and the basis: the rebuild computes all of it."""
    builds = Builds(bench.data, "tiny")
    basis = bench.graph.hierarchy.current("tiny").parameters["basis_sha256"]
    for path in builds.folder.iterdir():
        if path.name != f"{basis}.json":
            path.unlink()
    return bench.rebuild()


def add_playlist(bench):
    bench.memberships["bowed"] = [*bench.memberships["violin"][:15], *bench.memberships["cello"][:15]]


def edit_playlist(bench):
    bench.memberships["winds"] = bench.memberships["winds"][3:]


def remove_playlist(bench):
    """Its concept stays, with no track and a reason."""
    bench.memberships["harp"] = []


def add_tracks(bench):
    """Two into a playlist, one into none."""
    rng = np.random.default_rng(5)
    fresh = {f"fresh{number}": rng.normal(size=(2, 12)).astype(np.float32) for number in range(3)}
    bench.store.write(list(fresh), list(fresh.values()))
    bench.sounds.update(fresh)
    bench.memberships["oboe"] = [*bench.memberships["oboe"], "fresh0", "fresh1"]


def remove_track(bench):
    """A counter-example of all others, and a member of two."""
    gone = next(one for one in bench.memberships["guitar"] if one not in bench.memberships["anything"])
    for members in bench.memberships.values():
        if gone in members:
            members.remove(gone)
    bench.graph.driver.execute_query("MATCH (n:Track {id: $id}) DETACH DELETE n", id=gone)
    del bench.sounds[gone]


CHANGES = [
    (add_playlist, {"vectors": 1, "columns": 1, "rows": 0, "qualities": 1}),
    (edit_playlist, {"vectors": 1, "columns": 1, "rows": 0, "qualities": 1}),
    (remove_playlist, {"vectors": 0, "columns": 0, "rows": 0, "qualities": 0}),
    (add_tracks, {"vectors": 1, "columns": 1, "rows": 3, "qualities": 10}),
    (remove_track, {"vectors": 2, "columns": 2, "rows": 0, "qualities": 10}),
]


def test_what_is_taken_over_has_the_bits_of_a_rebuild_from_nothing(tiny):
    """A playlist new, edited, removed; tracks new, one removed: each against a rebuild under the same basis."""
    first = tiny.rebuild()
    assert tiny.result(first, "vectors")["basis_reason"] == "first"
    assert computed(tiny, first) == {"vectors": 10, "columns": 10, "rows": TRACKS, "qualities": 10}
    for change, wanted in CHANGES:
        change(tiny)
        tiny.fill(tiny.memberships, sorted(tiny.sounds))
        job = tiny.rebuild()
        assert (job.state, job.error_message) == ("succeeded", "")
        assert tiny.result(job, "vectors")["basis_reason"] == "", change.__name__
        assert computed(tiny, job) == wanted, change.__name__
        found = numbers(tiny, job)
        again = from_nothing(tiny)
        assert computed(tiny, again)["vectors"] == tiny.result(again, "vectors")["learnt"]
        assert tiny.result(again, "publish")["unchanged"] is True, change.__name__
        assert_the_same(found, numbers(tiny, again))


TOUCHED = (
    "MATCH (:Collection {id: 'tiny'})<-[:IN]-(c:Concept)-[r:SIMILAR_TO|EXPRESSES]-(o) "
    "WHERE (type(r) = 'EXPRESSES' OR startNode(r) = c) AND (r.since > $shown OR r.until > $shown) "
    "RETURN type(r) AS kind, c.name AS concept, coalesce(o.name, o.id) AS other, o.id AS track, "
    "r.since > $shown AS written, r.until IS NOT NULL AS closed"
)


def touched(bench, shown, kind):
    """Relationships that were written or closed since a staging."""
    rows, _, _ = bench.graph.driver.execute_query(TOUCHED, shown=shown)
    return [row for row in rows if row["kind"] == kind]


def test_a_new_playlist_writes_its_own_row_and_column_and_its_own_links(tiny):
    first = tiny.rebuild()
    shown = tiny.result(first, "scan")["building"]
    edges = tiny.result(first, "edges")
    assert (edges["written"], edges["closed"], edges["kept"]) == (edges["edges"], 0, 0)
    add_playlist(tiny)
    tiny.fill(tiny.memberships, sorted(tiny.sounds))
    second = tiny.rebuild()

    similar = touched(tiny, shown, "SIMILAR_TO")
    assert similar
    assert all("bowed" in (row["concept"], row["other"]) for row in similar), "its row and column, and nothing else"
    told = tiny.result(second, "edges")
    assert (told["written"], told["closed"], told["kept"]) == (len(similar), 0, edges["edges"])
    assert told["edges"] == told["written"] + told["kept"]

    links = touched(tiny, shown, "EXPRESSES")
    its_own = {row["track"] for row in links if row["concept"] == "bowed"}
    assert its_own
    assert {row["track"] for row in links} == its_own, "others' links change where it has taken a rank"
    told = tiny.result(second, "links")
    assert told["written"] == sum(row["written"] for row in links)
    assert told["closed"] == sum(row["closed"] for row in links)
    assert told["links"] == told["written"] + told["kept"]
    assert told["kept"] == tiny.result(first, "links")["links"] - told["closed"]


def test_a_basis_is_renewed_when_it_is_asked_for_or_the_catalogue_has_grown_away_from_it(tiny):
    tiny.rebuild()
    add_playlist(tiny)
    tiny.fill(tiny.memberships, sorted(tiny.sounds))
    kept = tiny.rebuild()
    assert tiny.result(kept, "vectors")["basis_reason"] == ""
    asked = tiny.rebuild(basis="renew")
    assert tiny.result(asked, "vectors")["basis_reason"] == "asked"
    assert tiny.result(asked, "vectors")["computed"] == tiny.result(asked, "vectors")["learnt"]
    edit_playlist(tiny)
    remove_playlist(tiny)
    tiny.fill(tiny.memberships, sorted(tiny.sounds))
    grown = tiny.rebuild(basis_share=0.05)
    assert tiny.result(grown, "vectors")["basis_reason"] == "grown"
    assert tiny.result(tiny.rebuild(seed=4), "vectors")["basis_reason"] == "settings"


def test_a_killed_rebuild_goes_on_from_what_was_learnt(tiny, monkeypatch):
    """The second run of concepts fails; the next attempt learns only what was not put down."""
    from worker.jobs.stages import vectors as stage

    monkeypatch.setattr(stage, "A_RUN", 4)
    real, calls = stage.learn_vectors, []

    def dies(*args, **kwargs):
        calls.append(len(args[1].concept_ids))
        if len(calls) == 2:
            raise RuntimeError("killed")
        return real(*args, **kwargs)

    monkeypatch.setattr(stage, "learn_vectors", dies)
    assert tiny.rebuild().state == "failed"
    monkeypatch.setattr(stage, "learn_vectors", real)
    job = tiny.rebuild()
    assert (job.state, tiny.result(job, "vectors")["computed"], tiny.result(job, "vectors")["reused"]) == (
        "succeeded",
        6,
        4,
    )
    left = [path.name for path in Builds(tiny.data, "tiny").folder.glob("*.safetensors")]
    assert tiny.result(job, "vectors")["vectors"] in left


def test_a_damaged_or_foreign_file_is_no_reason_to_fail(tiny):
    tiny.rebuild()
    folder = Builds(tiny.data, "tiny").folder
    (folder / "zz.safetensors").write_bytes(b"nothing of the kind")
    (folder / "zz.scored.json").write_text(json.dumps({"tracks": 1}))
    add_playlist(tiny)
    tiny.fill(tiny.memberships, sorted(tiny.sounds))
    job = tiny.rebuild()
    assert computed(tiny, job) == {"vectors": 1, "columns": 1, "rows": 0, "qualities": 1}


def test_where_columns_are_not_alike_everything_is_computed_and_a_sentence_says_so(tiny, monkeypatch, caplog):
    from worker.jobs import reuse

    tiny.rebuild()
    add_playlist(tiny)
    tiny.fill(tiny.memberships, sorted(tiny.sounds))
    monkeypatch.setattr(reuse, "columns_alike", lambda _units: False)
    job = tiny.rebuild()
    assert computed(tiny, job) == {"vectors": 11, "columns": 11, "rows": TRACKS, "qualities": 11}
    assert "rebuilds compute everything here" in caplog.text
    found = numbers(tiny, job)
    assert_the_same(found, numbers(tiny, from_nothing(tiny)))
