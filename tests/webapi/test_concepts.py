from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest

from cypher.model import Concept, Edge

GENRES_BY_NAME = ["<script>alert(1)</script>", "death metal", "Jazz", "metal", "Punk", "Rock", "tiny"]


def names(answer) -> list[str]:
    return [item["name"] for item in answer.json["items"]]


def test_collections_come_default_first_with_their_version(http):
    answer = http.get("/collections")
    assert answer.status_code == 200
    assert [(one["id"], one["version"], one["concepts"]) for one in answer.json["items"]] == [
        ("genres", 1, 7),
        ("moods", 1, 2),
        ("fresh", None, 1),
    ]
    assert answer.json["items"][0]["is_default"]


def test_concepts_are_listed_by_name_of_the_default_collection(http):
    answer = http.get("/concepts")
    assert names(answer) == GENRES_BY_NAME
    assert answer.json["collection"] == {"id": "genres", "name": "Genres"}
    assert answer.json["version"] == 1
    assert answer.json["stale"] is False
    assert answer.json["next"] is None


def test_a_collection_that_was_never_built_lists_its_waiting_concepts(http):
    answer = http.get("/concepts?collection=fresh")
    assert names(answer) == ["new one"]
    assert answer.json["version"] is None
    assert answer.json["items"][0]["status"] == "waiting"
    assert http.get("/hierarchy?collection=fresh").json["roots"] == []
    assert http.get("/concepts/new-one/ancestry").json["concept"] is None


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=METAL", ["metal", "death metal"]),
        ("q=nowhere", []),
        ("status=left_out", ["tiny"]),
        ("kind=mood", []),
        ("collection=moods&kind=mood", ["calm", "sad"]),
        ("q=<script>", ["<script>alert(1)</script>"]),
    ],
)
def test_concepts_are_searched_and_filtered(http, asked, found):
    assert names(http.get(f"/concepts?{quote(asked, safe='=&')}")) == found


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 200])
def test_pages_of_any_size_give_the_whole_list(http, limit):
    seen, after = [], ""
    for _ in range(20):
        answer = http.get(f"/concepts?limit={limit}{after}")
        assert len(answer.json["items"]) <= limit
        seen += names(answer)
        if answer.json["next"] is None:
            break
        after = f"&after={answer.json['next']}"
    assert seen == GENRES_BY_NAME


def test_paging_survives_inserts_and_removals(http, graph):
    first = http.get("/concepts?limit=3").json
    shown = [one["name"] for one in first["items"]]
    members = [one for one in graph.library.concepts["genres"] if one.id != "jazz"]
    members += [Concept(id="aaa", name="aaa", collection="genres"), Concept(id="zzz", name="zzz", collection="genres")]
    edges = [edge for edge in graph.library.edges["genres"] if "jazz" not in {edge.child, edge.parent}]
    graph.publish("genres", [*edges, Edge("script-alert-1-script", None)], members)
    rest = []
    after = first["next"]
    while after:
        answer = wait_for(http, f"/concepts?limit=3&after={after}", version=2)
        rest += names(answer)
        after = answer.json["next"]
    assert shown + rest == [*GENRES_BY_NAME, "zzz"]


def wait_for(http, path, version):
    for _ in range(200):
        answer = http.get(path)
        if answer.json["version"] == version:
            return answer
    raise AssertionError(f"{path} never came to version {version}")


def test_a_concept_shows_its_place_its_quality_and_where_to_go_on(http):
    answer = http.get("/concepts/metal").json
    assert answer["parent"] == {"id": "rock", "name": "Rock"}
    assert (answer["depth"], answer["children"], answer["descendants"]) == (2, 1, 1)
    assert (answer["similarity"], answer["margin"]) == (0.8, 0.1)
    assert answer["quality"]["auc"] == 0.9
    for path in answer["links"].values():
        assert http.get(path).status_code == 200


def test_a_concept_says_what_it_may_be_mistaken_for(http):
    found = http.get("/concepts/sad").json
    assert found["flagged"] == ["loudness"]
    assert found["bias"]["artists"]["effective"] == 1.8
    assert found["bias"]["albums"] is None
    (loudness,) = found["bias"]["confounders"]
    assert (loudness["name"], loudness["within"], loudness["sentence"]) == ("loudness", 0.52, "loudness alone tells it")
    assert http.get("/concepts/calm").json["bias"] is None
    assert names(http.get("/concepts?collection=moods&flagged=true")) == ["sad"]
    assert names(http.get("/concepts?collection=moods&flagged=false")) == ["calm"]
    assert http.get("/hierarchy?collection=moods").json["roots"][0]["children"][0]["flagged"] == ["loudness"]
    assert [one["flagged"] for one in http.get("/hierarchy?collection=moods&shape=flat").json["items"]] == [
        [],
        ["loudness"],
    ]


def test_a_left_out_concept_says_why_and_has_no_place(http):
    answer = http.get("/concepts/tiny").json
    assert answer["reason"].startswith("too_few_tracks")
    assert answer["depth"] is None
    assert answer["parent"] is None


def test_ancestry_runs_from_the_root_down_with_each_step_measured(http):
    answer = http.get("/concepts/death-metal/ancestry").json
    assert [(one["name"], one["depth"], one["distance"]) for one in answer["items"]] == [
        ("Rock", 1, 2),
        ("metal", 2, 1),
    ]
    assert [(one["similarity"], one["margin"]) for one in answer["items"]] == [(None, None), (0.8, 0.1)]
    assert answer["concept"]["similarity"] == 0.9
    assert answer["concept"]["distance"] == 0


def test_children_come_most_similar_first_and_page(http):
    answer = http.get("/concepts/rock/children?limit=1")
    assert names(answer) == ["metal"]
    answer = http.get(f"/concepts/rock/children?limit=1&after={answer.json['next']}")
    assert names(answer) == ["Punk"]
    assert answer.json["next"] is None
    assert names(http.get("/concepts/punk/children")) == []


def test_descendants_come_nearest_first_with_their_distance(http):
    answer = http.get("/concepts/rock/descendants").json
    assert [(one["name"], one["distance"]) for one in answer["items"]] == [
        ("metal", 1),
        ("Punk", 1),
        ("death metal", 2),
    ]
    assert names(http.get("/concepts/rock/descendants?depth=1")) == ["metal", "Punk"]
    page = http.get("/concepts/rock/descendants?limit=2").json
    assert names(http.get(f"/concepts/rock/descendants?limit=2&after={page['next']}")) == ["death metal"]


def test_neighbours_carry_both_directions(http):
    answer = http.get("/concepts/rock/neighbours").json
    assert answer["concept"] == {"id": "rock", "name": "Rock"}
    assert answer["items"][0] == {"id": "metal", "name": "metal", "outgoing": 0.8, "incoming": 0.6,
        "outgoing_error": 0.01, "incoming_error": 0.01, "relation": "below",
    }  # fmt: skip
    assert answer["items"][2] == {"id": "jazz", "name": "Jazz", "outgoing": None, "incoming": 0.55,
        "outgoing_error": None, "incoming_error": 0.01, "relation": None,
    }  # fmt: skip
    assert len(http.get("/concepts/rock/neighbours?limit=1").json["items"]) == 1
    assert http.get("/concepts/punk/neighbours").json["items"][0]["id"] == "rock"


def test_tracks_of_equal_score_are_neither_shown_twice_nor_lost(http):
    seen, after = [], ""
    while True:
        answer = http.get(f"/concepts/rock/tracks?limit=1{after}").json
        seen += [one["track"]["id"] for one in answer["items"]]
        if answer["next"] is None:
            break
        after = f"&after={answer['next']}"
    assert seen == ["track-0", "track-1", "track-2", "track-3"]
    assert http.get("/concepts/rock/tracks").json["items"][0]["is_example"]
    assert http.get("/concepts/punk/tracks").json["items"] == []


def test_a_track_lists_its_concepts_in_every_collection(http):
    answer = http.get("/tracks/track-0/concepts").json
    assert answer["track"]["title"] == "Song 0"
    assert [(one["id"], one["collection"]["name"]) for one in answer["items"]] == [
        ("rock", "Genres"),
        ("calm", "Moods"),
    ]
    assert http.get("/tracks/track-4/concepts").json["items"] == []
    assert http.get("/tracks/track-4").json["artist"] == "Somebody"


def test_the_hierarchy_is_the_same_nested_and_flat(http):
    nested = http.get("/hierarchy").json
    flat = http.get("/hierarchy?shape=flat").json

    def pairs(nodes, parent=None):
        for node in nodes:
            yield node["id"], parent
            yield from pairs(node["children"], node["id"])

    assert set(pairs(nested["roots"])) == {
        (one["id"], one["parent"]["id"] if one["parent"] else None) for one in flat["items"]
    }
    assert (nested["concepts"], nested["edges"], nested["left_out"]) == (6, 4, 1)
    assert nested["items"] is flat["roots"] is None
    assert nested["sha256"] == flat["sha256"]


def test_a_part_of_the_hierarchy_begins_at_its_concept_and_ends_at_its_depth(http):
    part = http.get("/hierarchy?below=rock&depth=2").json["roots"]
    assert [one["id"] for one in part] == ["rock"]
    metal = part[0]["children"][0]
    assert (metal["id"], metal["children"], metal["descendants"]) == ("metal", [], 1)
    assert http.get("/hierarchy?below=sad").json["collection"]["id"] == "moods"
    assert http.get("/hierarchy?below=sad&collection=genres").status_code == 404
    assert http.get("/hierarchy?below=tiny").json["roots"] == []


def test_a_chain_of_a_thousand_is_served_nested(http, graph):
    members = [Concept(id=f"c{n}", name=f"c{n}", collection="genres", status="kept") for n in range(1000)]
    edges = [Edge("c0", None), *(Edge(f"c{n}", f"c{n - 1}", 0.5) for n in range(1, 1000))]
    graph.publish("genres", edges, members)
    answer = http.get("/hierarchy").json
    node, depth = answer["roots"][0], 1
    while node["children"]:
        node, depth = node["children"][0], depth + 1
    assert depth == 64
    assert node["descendants"] == 1000 - 64
    assert len(http.get("/concepts/c999/ancestry").json["items"]) == 999


def test_names_keep_their_letters_whatever_they_are(http, graph):
    renamed = [
        replace(one, id="ÇIRKUŞ-🎺", name="Çırkuş 🎺") if one.id == "punk" else one
        for one in graph.library.concepts["genres"]
    ]
    edges = [
        replace(edge, child="ÇIRKUŞ-🎺") if edge.child == "punk" else edge for edge in graph.library.edges["genres"]
    ]
    graph.publish("genres", edges, renamed)
    answer = wait_for(http, "/concepts/" + quote("ÇIRKUŞ-🎺"), version=2)
    assert answer.json["name"] == "Çırkuş 🎺"
    assert http.get(answer.json["links"]["ancestry"]).json["items"][0]["id"] == "rock"
    assert names(http.get("/concepts", query_string={"q": "çır"})) == ["Çırkuş 🎺"]


@pytest.mark.parametrize(
    "path",
    ["/concepts/nobody", "/concepts/nobody/ancestry", "/concepts/nobody/children", "/concepts/nobody/descendants",
     "/concepts/nobody/neighbours", "/concepts/nobody/tracks", "/tracks/nobody", "/tracks/nobody/concepts",
     "/concepts?collection=nobody", "/hierarchy?collection=nobody", "/hierarchy?below=nobody"],
)  # fmt: skip
def test_what_is_unknown_is_named_with_a_remedy(http, path):
    answer = http.get(path)
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert "nobody" in answer.json["detail"]


def test_nothing_imported_says_how_to_import(http, graph):
    graph.library.collections.clear()
    assert http.get("/collections").json == {"items": [], "next": None}
    answer = http.get("/concepts")
    assert answer.status_code == 404
    assert "audio-concepts demo" in answer.json["detail"]
    assert http.get("/health/ready").status_code == 200
