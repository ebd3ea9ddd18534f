from __future__ import annotations

from dataclasses import replace

import pytest

from cypher.model import Track
from webapi.recommender import OF_ONE_CODE


def found(answer):
    assert answer.status_code == 200, answer.json
    return [one["track"]["id"] for one in answer.json["items"]]


def post(http, path, **body):
    return http.post(path, json=body)


def test_a_search_adds_up_and_names_the_path(http):
    answer = post(http, "/track-searches", concepts=[{"concept": "rock"}, {"concept": "jazz", "weight": -0.5}])
    assert found(answer) == ["track-0", "track-1", "track-3", "track-2"]
    first = answer.json["items"][0]
    assert first["score"] == pytest.approx(1 / 1.5)
    for item in answer.json["items"]:
        assert sum(part["value"] for part in item["contributions"]) == pytest.approx(item["score"])
    assert first["contributions"][0]["concept"] == {"id": "rock", "name": "Rock"}
    assert answer.json["version"] == 1


def test_a_negative_weight_takes_away(http):
    both = post(http, "/track-searches", concepts=[{"concept": "rock"}, {"concept": "jazz"}])
    less = post(http, "/track-searches", concepts=[{"concept": "rock"}, {"concept": "jazz", "weight": -1}])
    assert found(both)[0] == "track-2"
    assert "track-2" not in found(less)


def test_search_pages_go_on_where_they_ended(http):
    asked = {"concepts": [{"concept": "rock"}], "limit": 2}
    first = post(http, "/track-searches", **asked)
    second = post(http, "/track-searches", **asked, after=first.json["next"])
    assert found(first) + found(second) == ["track-0", "track-1", "track-2", "track-3"]
    assert second.json["next"] is None


def test_a_search_below_a_concept_shows_what_expresses_it_or_less(http, library):
    library.links.append(("track-3", "death-metal", 0.9, 2))
    assert found(post(http, "/track-searches", concepts=[{"concept": "rock"}], below="metal")) == ["track-3"]
    assert post(http, "/track-searches", concepts=[{"concept": "rock"}], below="tiny").status_code == 404


def test_the_collection_is_that_of_the_concept_named(http):
    answer = post(http, "/track-searches", concepts=[{"concept": "calm"}])
    assert answer.json["collection"]["id"] == "moods"
    assert found(answer) == ["track-0"]


def test_what_is_missing_is_named_and_nothing_at_all_is_refused(http):
    answer = post(http, "/track-searches", concepts=[{"concept": "rock"}, {"concept": "nobody"}, {"concept": "tiny"}])
    assert answer.json["missing"] == ["nobody", "tiny"]
    for body in (
        {"concepts": [{"concept": "nobody"}]},
        {"concepts": [{"concept": "rock", "weight": -1}]},
        {"concepts": []},
        {"concepts": [{"concept": "rock", "weight": 2}]},
    ):
        assert post(http, "/track-searches", **body).status_code == 422
    refused = post(http, "/recommendations")
    assert (refused.status_code, refused.json["code"]) == (422, "nothing_to_go_on")
    assert post(http, "/recommendations", seeds={"tracks": ["track-9"]}).status_code == 422


def test_seeds_are_not_recommended_and_every_item_explains_itself(http):
    answer = post(http, "/recommendations", seeds={"tracks": ["track-3", "track-9"]})
    assert "track-3" not in found(answer)
    assert answer.json["missing"] == {"tracks": ["track-9"], "isrcs": [], "mbids": [], "concepts": []}
    for item in answer.json["items"]:
        assert sum(part["value"] for part in item["contributions"]) == pytest.approx(item["relevance"])
        assert item["score"] == pytest.approx(item["relevance"] + item["lift"])
    path = answer.json["items"][0]["contributions"][0]["path"]
    assert path[0] == {"id": "rock", "name": "Rock"}


MBID = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"


@pytest.fixture
def coded(library):
    """Tracks 1 and 4 are one recording in two files; track 3 has an id of MusicBrainz."""
    codes = {"track-1": {"isrc": "GBAYE6700001"}, "track-4": {"isrc": "GBAYE6700001"}, "track-3": {"mbid": MBID}}
    library.tracks[:] = [replace(one, **codes.get(one.id, {})) for one in library.tracks]


@pytest.mark.parametrize(
    ("codes", "tracks"),
    [
        ({"isrcs": ["gb-aye-67-00001"]}, ["track-1", "track-4"]),
        ({"mbids": [f"https://musicbrainz.org/recording/{MBID.upper()}"]}, ["track-3"]),
        ({"isrcs": ["GBAYE6700001"], "mbids": [MBID], "tracks": ["track-1"]}, ["track-1", "track-3", "track-4"]),
    ],
)
@pytest.mark.usefixtures("coded")
def test_a_code_is_as_good_a_seed_as_the_tracks_that_carry_it(http, codes, tracks):
    by_code = post(http, "/recommendations", seeds=codes).json
    by_id = post(http, "/recommendations", seeds={"tracks": tracks}).json
    assert by_code["items"]
    assert (by_code["weights"], by_code["items"]) == (by_id["weights"], by_id["items"])
    assert by_code["missing"] == {"tracks": [], "isrcs": [], "mbids": [], "concepts": []}


@pytest.mark.usefixtures("coded")
def test_a_code_that_no_track_has_is_named_as_it_is_looked_up(http):
    seeds = {"tracks": ["track-9"], "isrcs": ["GB-AYE-67-00001", "gb-aye-67-00002"], "mbids": ["mine"]}
    answer = post(http, "/recommendations", seeds=seeds)
    assert answer.json["missing"] == {
        "tracks": ["track-9"],
        "isrcs": ["GBAYE6700002"],
        "mbids": ["mine"],
        "concepts": [],
    }
    refused = post(
        http, "/recommendations", seeds={"tracks": ["track-9"], "isrcs": ["X"], "concepts": [{"concept": "polka"}]}
    )
    assert refused.status_code == 422
    assert "there is no track 'track-9', no ISRC 'X', no concept 'polka'; name a track" in refused.json["detail"]
    many = post(http, "/recommendations", seeds={"mbids": [f"m{n}" for n in range(12)]})
    assert "no MusicBrainz id 'm9' and 2 more;" in many.json["detail"]


def test_an_empty_code_is_refused_and_one_that_everything_has_stands_for_a_few(http, library):
    assert post(http, "/recommendations", seeds={"isrcs": [""]}).status_code == 422
    many = [Track(id=f"any-{n:02}", title="", isrc="NONE") for n in range(OF_ONE_CODE + 2)]
    library.tracks.extend(many)
    library.links.extend((one.id, "rock", 0.9, 1) for one in many)
    others = found(post(http, "/recommendations", seeds={"isrcs": ["NONE"]}, limit=100))
    assert {one for one in others if one.startswith("any")} == {one.id for one in many[OF_ONE_CODE:]}


def test_a_playlist_is_continued_without_its_own_tracks(http):
    answer = post(http, "/recommendations", seeds={"playlists": ["rock"]})
    assert found(answer) == ["track-2", "track-3"] or found(answer) == ["track-3", "track-2"]


def test_a_dislike_moves_the_weights_through_the_tree_and_the_answer_shows_it(http, library):
    library.links.extend([("track-4", "metal", 0.9, 1), ("track-3", "punk", 0.9, 1)])
    seeds = {"concepts": [{"concept": "metal"}, {"concept": "punk"}]}
    before = post(http, "/recommendations", seeds=seeds, diversity=0)
    events = [{"feedback": "dislike", "concept": "death-metal"}, {"feedback": "dislike", "track": "track-4"}]
    after = post(http, "/recommendations", seeds=seeds, diversity=0, session=events * 3)
    assert found(before)[:2] == ["track-3", "track-4"] or found(before)[:2] == ["track-4", "track-3"]
    assert found(after)[0] == "track-3"
    assert "track-4" not in found(after)
    weights = {one["id"]: one["weight"] for one in after.json["weights"]}
    assert weights["death-metal"] < weights["metal"] < weights["punk"]


def test_weights_of_an_answer_may_be_sent_as_seeds(http):
    first = post(http, "/recommendations", seeds={"tracks": ["track-3"]}, reach=0)
    again = [{"concept": one["id"], "weight": one["weight"]} for one in first.json["weights"]]
    second = post(http, "/recommendations", seeds={"concepts": again}, exclude={"tracks": ["track-3"]}, reach=0)
    assert found(second) == found(first)


def test_exclusions_hold(http):
    seeds = {"concepts": [{"concept": "rock"}]}
    assert "track-1" not in found(post(http, "/recommendations", seeds=seeds, exclude={"tracks": ["track-1"]}))
    assert found(post(http, "/recommendations", seeds=seeds, exclude={"artists": ["SOMEBODY"]})) == []
    assert "track-2" not in found(post(http, "/recommendations", seeds=seeds, exclude={"concepts": ["jazz"]}))
    assert len(found(post(http, "/recommendations", seeds=seeds, max_per_artist=1))) == 1


@pytest.mark.parametrize("event", [{"feedback": "like"}, {"feedback": "like", "track": "a", "concept": "b"},
                                   {"feedback": "adore", "track": "a"}])  # fmt: skip
def test_an_event_is_about_one_thing(http, event):
    assert post(http, "/recommendations", session=[event]).status_code == 422


def test_what_is_usual_is_read_once_a_version(http, graph):
    for _ in range(3):
        post(http, "/recommendations", seeds={"tracks": ["track-3"]})
    assert graph.calls.count("usual") == 1


def test_the_client_searches_and_recommends(client):
    assert client.search_tracks({"rock": 1.0, "jazz": -1.0}).items[0].track.id == "track-0"
    client.save_tracks([{"id": "track-3", "isrc": "GBAYE6700001"}])
    answer = client.recommend(
        isrcs=["GBAYE6700001"], mbids=["nobody's"], session=[{"feedback": "like", "concept": "jazz"}], limit=2
    )
    assert [one.rank for one in answer.items] == [1, 2]
    assert answer.weights[0].name
    assert list(answer.missing.named()) == ['MusicBrainz id "nobody\'s"']
