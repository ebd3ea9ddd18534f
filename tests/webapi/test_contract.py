"""The fake stores and the real ones, held to what the HTTP face expects of both."""

from __future__ import annotations

import uuid

import pytest

from cypher.entries import Listed, Wanted
from cypher.errors import (
    IdempotencyKeyReused,
    PlaylistMoved,
    RebuildActive,
    UnknownCollection,
    UnknownConcept,
    UnknownJob,
    UnknownPlaylist,
    UnknownTrack,
)
from cypher.model import NewStep, Track
from webapi.factory import Options, create_app

STEPS = [NewStep("first", 1, "cpu"), NewStep("listen", 2, "gpu"), NewStep("listen", 2, "gpu", shard=1)]


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.stack)])
def stores(request):
    """The same library in the fake stores and in Neo4j."""
    return request.getfixturevalue("graph" if request.param == "fake" else "real_graph")


def test_the_stores_answer_a_ping(stores):
    stores.ping()
    assert stores.migrate() >= 1


def test_collections_come_default_first_then_by_id(stores):
    found = stores.catalogue.collections()
    first = found[0]
    assert (first.id, first.name, first.is_default, first.version, first.concepts) == ("genres", "Genres", True, 1, 7)
    assert {one.id: one.version for one in found} == {"genres": 1, "moods": 1, "fresh": None}
    assert stores.catalogue.collection(None).id == "genres"
    assert stores.catalogue.collection("moods").name == "Moods"
    with pytest.raises(UnknownCollection):
        stores.catalogue.collection("nobody")


def test_a_tree_holds_every_concept_and_every_edge(stores, library):
    hierarchy, concepts, edges = stores.hierarchy.tree("genres")
    assert (hierarchy.version, hierarchy.edges, hierarchy.parameters) == (1, 4, {"preset": "poster"})
    assert hierarchy.measures == {"kept": 6.0}
    assert edges == sorted(library.edges["genres"], key=lambda edge: edge.child)
    assert [one.id for one in concepts] == sorted(one.id for one in library.concepts["genres"])
    assert {one.id: one for one in concepts} == {one.id: one for one in library.concepts["genres"]}


def test_what_a_concept_may_be_mistaken_for_is_kept_whole(stores, library):
    _, concepts, _ = stores.hierarchy.tree("moods")
    assert {one.id: one.bias for one in concepts} == {one.id: one.bias for one in library.concepts["moods"]}
    assert {one.id: one.bias for one in stores.catalogue.concepts("moods")} == {one.id: one.bias for one in concepts}


def test_a_collection_that_was_never_published_has_no_tree(stores):
    assert stores.hierarchy.tree("fresh") is None
    assert [(one.id, one.status) for one in stores.catalogue.concepts("fresh")] == [("new-one", "waiting")]
    for ask in (stores.hierarchy.tree, stores.catalogue.concepts):
        with pytest.raises(UnknownCollection):
            ask("nobody")


def test_neighbours_come_strongest_first_with_both_directions(stores):
    found = stores.hierarchy.neighbours("rock", 20)
    assert [(one.id, one.outgoing, one.incoming) for one in found] == [
        ("metal", 0.8, 0.6),
        ("punk", 0.7, None),
        ("jazz", None, 0.55),
    ]
    assert [(one.outgoing_error, one.incoming_error) for one in found] == [(0.01, 0.01), (0.01, None), (None, 0.01)]
    assert [one.id for one in stores.hierarchy.neighbours("rock", 1)] == ["metal"]
    assert stores.hierarchy.neighbours("calm") == []
    with pytest.raises(UnknownConcept):
        stores.hierarchy.neighbours("nobody")


def test_tracks_of_a_concept_page_by_score_and_id(stores):
    found = stores.hierarchy.tracks_of("rock", None, 2)
    assert [(one.track.id, one.score, one.rank, one.is_example) for one in found] == [
        ("track-0", 0.9, 1, True),
        ("track-1", 0.8, 1, True),
    ]
    rest = stores.hierarchy.tracks_of("rock", after=(found[-1].score, found[-1].track.id), limit=50)
    assert [one.track.id for one in rest] == ["track-2", "track-3"]
    assert stores.hierarchy.tracks_of("punk") == []
    with pytest.raises(UnknownConcept):
        stores.hierarchy.tracks_of("nobody")


def test_concepts_of_a_track_come_strongest_first(stores):
    found = stores.hierarchy.concepts_of("track-2")
    assert [(one.id, one.collection, one.score, one.is_example) for one in found] == [
        ("jazz", "genres", 0.95, True),
        ("rock", "genres", 0.8, False),
    ]
    assert {one.collection for one in stores.hierarchy.concepts_of("track-0")} == {"genres", "moods"}
    assert stores.hierarchy.concepts_of("track-4") == []
    with pytest.raises(UnknownTrack):
        stores.hierarchy.concepts_of("nobody")
    with pytest.raises(UnknownTrack):
        stores.catalogue.track("nobody")
    assert stores.catalogue.track("track-1").artist == "Somebody"


def test_a_rebuild_is_exclusive_in_its_collection_and_bound_to_its_key(stores):
    ledger = stores.ledger
    job, is_new = ledger.request("rebuild", "genres", {"seed": 1}, idempotency_key="key", steps=STEPS)
    assert is_new
    again, is_new = ledger.request("rebuild", "genres", {"seed": 1}, idempotency_key="key", steps=STEPS)
    assert (again.id, is_new) == (job.id, False)
    with pytest.raises(IdempotencyKeyReused):
        ledger.request("rebuild", "genres", {"seed": 2}, idempotency_key="key", steps=STEPS)
    with pytest.raises(RebuildActive) as active:
        ledger.request("rebuild", "genres", {"seed": 1}, steps=STEPS)
    assert active.value.job_id == job.id
    with pytest.raises(UnknownCollection):
        ledger.request("rebuild", "nobody", {}, steps=STEPS)
    other, _ = ledger.request("rebuild", "moods", {}, steps=STEPS)
    assert other.id != job.id


def test_a_job_has_its_steps_and_the_first_stage_is_due(stores):
    job, _ = stores.ledger.request("rebuild", "genres", {"seed": 1, "q": None}, steps=STEPS)
    found = stores.ledger.job(job.id)
    assert uuid.UUID(found.id)
    assert found.parameters == {"seed": 1, "q": None}
    assert found.created_at.tzinfo is not None
    assert [(one.name, one.stage, one.shard, one.queue, one.state) for one in found.steps] == [
        ("first", 1, 0, "cpu", "queued"),
        ("listen", 2, 0, "gpu", "queued"),
        ("listen", 2, 1, "gpu", "queued"),
    ]
    assert [one.name for one in stores.ledger.due_steps(job.id)] == ["first"]
    with pytest.raises(UnknownJob):
        stores.ledger.job(str(uuid.uuid4()))


def test_steps_are_counted_by_stage_and_state(stores):
    before = {(one.kind, one.name, one.state): one for one in stores.ledger.stage_counts()}
    stores.ledger.request("rebuild", "fresh", {}, steps=STEPS)
    counts = {(one.kind, one.name, one.state): one for one in stores.ledger.stage_counts()}
    assert counts["rebuild", "first", "queued"].steps == 1
    assert counts["rebuild", "listen", "queued"].steps == 2
    assert counts["rebuild", "listen", "queued"].seconds == 0.0
    assert {key: one for key, one in counts.items() if key in before} == before


def test_jobs_page_newest_first(stores):
    before = {one.id for one in stores.ledger.jobs()}
    ids = []
    for _ in range(4):
        job, _ = stores.ledger.request("rebuild", "fresh", {}, steps=STEPS)
        assert stores.ledger.cancel(job.id).state == "cancelled"
        assert stores.ledger.cancel(job.id).state == "cancelled"
        ids.append(job.id)
    first = stores.ledger.jobs("fresh", limit=3)
    rest = stores.ledger.jobs("fresh", limit=3, before=first[-1].id)
    assert [one.id for one in (*first, *rest)] == ids[::-1]
    assert stores.ledger.jobs("fresh", "running") == []
    assert {one.id for one in stores.ledger.jobs(state="cancelled")} == set(ids)
    assert len(stores.ledger.jobs()) == len(before) + 4
    with pytest.raises(UnknownJob):
        stores.ledger.jobs(before=str(uuid.uuid4()))


def test_the_api_gives_the_same_answers_on_either(stores, library):
    rung = []
    http = create_app(stores, rung.append, Options(check_every_s=0.05)).test_client()
    ancestry = http.get("/concepts/death-metal/ancestry").json
    assert [one["id"] for one in ancestry["items"]] == ["rock", "metal"]
    assert ancestry["concept"]["margin"] == 0.2
    assert [one["name"] for one in http.get("/concepts").json["items"]] == sorted(
        (one.name for one in library.concepts["genres"]), key=str.casefold
    )
    assert http.get("/concepts/script-alert-1-script").json["name"] == "<script>alert(1)</script>"
    assert http.get("/hierarchy?collection=fresh").json["version"] is None
    assert http.get("/tracks/track-0/concepts").json["items"][0]["collection"] == {"id": "genres", "name": "Genres"}
    page = http.get("/concepts/rock/tracks?limit=3").json
    assert [one["track"]["id"] for one in http.get(f"/concepts/rock/tracks?after={page['next']}").json["items"]] == [
        "track-3"
    ]
    answer = http.post("/jobs/rebuild", json={"collection": "moods"})
    assert answer.status_code == 202
    assert [step.name for step in rung] == ["scan"]
    assert http.get(answer.headers["Location"]).json["stage"] == "scan"
    assert http.post("/jobs/rebuild", json={"collection": "moods"}).json["active_job"] == answer.json["id"]
    assert http.post(f"{answer.headers['Location']}/cancel").json["state"] == "cancelled"
    assert http.get("/jobs").json["items"][0]["id"] == answer.json["id"]
    assert http.get("/health/ready").status_code == 200


def test_links_of_tracks_and_concepts_come_in_bulk(stores):
    found = stores.links.of_tracks("genres", ["track-2", "nobody", "track-0", "track-2", "track-4"])
    assert {one: (linked.scores, linked.given) for one, linked in found.items()} == {
        "track-0": ({"rock": 0.9}, ("rock",)),
        "track-2": ({"rock": 0.8, "jazz": 0.95}, ("jazz",)),
        "track-4": ({}, ()),
    }
    by_concept = stores.links.of_concepts("genres", ["rock", "calm", "nobody", "punk"], 2)
    assert {one: (linked.scores, linked.given) for one, linked in by_concept.items()} == {
        "rock": ({"track-0": 0.9, "track-1": 0.8}, ("track-0", "track-1")),
        "punk": ({}, ()),
    }


def test_what_is_usual_counts_given_tracks_in_full(stores):
    usual = stores.links.usual("genres")
    assert usual["rock"] == pytest.approx((1 + 1 + 0.6 + 0.6) / 5)
    assert usual["jazz"] == pytest.approx(1 / 5)
    assert usual["punk"] == 0.0
    assert set(usual) == {one.id for one in stores.catalogue.concepts("genres")}


def test_members_of_concepts_come_in_bulk(stores):
    assert stores.links.members(["rock", "nobody", "punk"]) == {"rock": ["track-0", "track-1"], "punk": []}
    assert [one.id for one in stores.catalogue.tracks(["track-1", "nobody", "track-0"])] == ["track-1", "track-0"]


def test_a_recommendation_is_the_same_on_either(stores):
    http = create_app(stores, [].append, Options(check_every_s=0.05)).test_client()
    answer = http.post("/recommendations", json={"seeds": {"tracks": ["track-1"]}, "diversity": 0, "reach": 0}).json
    assert [(one["track"]["id"], round(one["score"], 6)) for one in answer["items"]] == [
        ("track-0", 0.642857),
        ("track-3", 0.385714),
        ("track-2", 0.028571),
    ]
    stores.catalogue.save_tracks([Track("track-1", "Song 1", "Somebody", duration_s=30.0, isrc="GBAYE6700001")], [])
    seeds = {"isrcs": ["GB-AYE-67-00001"], "mbids": ["nobody"]}
    by_code = http.post("/recommendations", json={"seeds": seeds, "diversity": 0, "reach": 0}).json
    assert (by_code["items"], by_code["missing"]["mbids"]) == (answer["items"], ["nobody"])
    weights = [(one["id"], round(one["weight"], 6)) for one in answer["weights"]]
    assert weights[:2] == [("rock", 1.0), ("jazz", -0.555556)]


def test_tracks_are_written_found_by_code_and_deleted_with_all_that_hangs_on_them(stores):
    stores.catalogue.save_tracks([Track(id="track-0", title="Song 0", isrc="X", mbid="m")], [])
    assert [one.id for one in stores.catalogue.tracks_by_code(isrc="X")] == ["track-0"]
    assert [one.id for one in stores.catalogue.tracks_by_code(isrc="X", mbid="other")] == []
    gone = stores.catalogue.delete_track("track-0")
    assert gone == {"files": 0, "memberships": 1, "links": 2}
    assert [link.track.id for link in stores.hierarchy.tracks_of("rock")] == ["track-1", "track-2", "track-3"]
    for ask in (stores.catalogue.track, stores.catalogue.delete_track):
        with pytest.raises(UnknownTrack):
            ask("track-0")


def test_tracks_are_found_by_many_codes_at_once_so_many_of_each(stores):
    codes = {"track-0": ("X", ""), "track-1": ("X", "m"), "track-2": ("X", "n"), "track-3": ("", "n")}
    tracks = [Track(id=one, title=one, isrc=isrc, mbid=mbid) for one, (isrc, mbid) in codes.items()]
    stores.catalogue.save_tracks(tracks, [])
    found = stores.catalogue.tracks_by_codes
    assert found(["X", "Y"], ["m"]) == tracks[:3]
    assert found(["X"], [], limit=2) == tracks[:2]
    assert found([], ["n", "m"], limit=1) == tracks[1:3]
    assert found([], []) == []


def test_playlists_are_made_replaced_and_deleted_as_they_were_looked_at(stores):
    lists = stores.playlists
    unknown = Listed(title="Gone", reason="entry_missing", detail="x")
    made = lists.create("key", "fresh", "Night drive", "mood", [Listed("track-3", "2024-05-01"), unknown])
    assert (made.id, made.tracks, made.entries[1]) == ("night-drive", ("track-3",), unknown)
    assert lists.create("key", "fresh", "Night drive", "mood", made.entries).id == made.id
    assert {one.id: one.tracks for one in lists.playlists("fresh")} == {"new-one": 0, "night-drive": 1}
    now, changed = lists.replace(made.id, [Listed("track-3"), Listed("track-1")], expected=made.digest)
    assert changed
    assert now.entries[0].added_at == "2024-05-01"
    assert now.entries[1].added_at is not None
    assert lists.replace(made.id, [Listed("track-3"), Listed("track-1")]) == (now, False)
    with pytest.raises(PlaylistMoved):
        lists.replace(made.id, [], expected=made.digest)
    with pytest.raises(UnknownTrack):
        lists.replace(made.id, [Listed("nobody")])
    assert lists.delete(made.id) == 2
    for ask in (lists.playlist, lists.delete):
        with pytest.raises(UnknownPlaylist):
            ask(made.id)
    with pytest.raises(UnknownCollection):
        lists.create("key", "nobody", "x", "other", [])


def test_every_concept_is_a_playlist_of_its_given_tracks(stores):
    assert stores.playlists.playlist("rock").tracks == ("track-0", "track-1")
    stores.catalogue.delete_track("track-0")
    assert stores.playlists.playlist("rock").tracks == ("track-1",)
    assert [one.id for one in stores.playlists.candidates(Wanted(ids=("track-1",), titles=("song 2",)))] == [
        "track-1",
        "track-2",
    ]
