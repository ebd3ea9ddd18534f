"""What is done to playlists over HTTP is in the next version, and nothing of a deleted one is."""

import pytest

from webapi.factory import Options, create_app

pytestmark = pytest.mark.stack


def test_the_next_version_learns_what_was_made_and_replaced_and_forgets_what_was_deleted(tiny):
    first = tiny.rebuild()
    assert first.state == "succeeded"
    http = create_app(tiny.graph, [].append, Options(check_every_s=0.01)).test_client()
    harp, winds = tiny.memberships["harp"], tiny.memberships["winds"]
    tiny.graph.curation.pin("harp", "winds")
    bowed = [*tiny.memberships["violin"][:15], *tiny.memberships["cello"][:15]]
    made = http.post("/playlists?name=bowed", json={"entries": [{"track": one} for one in bowed]})
    assert made.status_code == 201
    changed = http.put("/playlists/winds", json={"entries": [{"track": one} for one in winds[3:]]})
    assert changed.json["changed"]
    assert http.delete("/playlists/harp").json["memberships"] == len(harp)
    assert http.get("/concepts/harp").status_code == 200, "the published version stands until the next"

    job = tiny.rebuild()
    assert (job.state, job.error_message) == ("succeeded", "")
    assert tiny.result(job, "vectors")["computed"] == 2
    assert "bowed" in tiny.tree()
    assert "harp" not in tiny.tree()
    shown = {one.id: one.tracks for one in tiny.graph.hierarchy.tree("tiny")[1]}
    assert (shown["bowed"], shown["winds"]) == (len(bowed), len(winds) - 3)
    assert "harp" not in shown
    http = create_app(tiny.graph, [].append, Options(check_every_s=0.01)).test_client()
    assert http.get("/concepts/harp").json["code"] == "unknown_concept"
    assert "harp" not in http.get("/hierarchy?format=csv").text
    assert all(one.id != "harp" for track in harp for one in tiny.graph.hierarchy.concepts_of(track))
    assert "harp" in http.get("/hierarchy?version=1&format=csv").text
    tiny.graph.versions.activate("tiny", 1)
    assert "harp" in tiny.tree(), "who brings an old version back gets it as it was"
