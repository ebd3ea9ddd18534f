"""The poster's table from files of the authors' very formats, written here, against slow and plain oracles."""

from __future__ import annotations

import importlib.util
import json
import pickle
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from worker.catalogue.errors import FolderMissing, PickleRefused
from worker.cli import reproduce_commands
from worker.hierarchy.betweenness import dense_betweenness
from worker.hierarchy.builders import heymann_tree
from worker.jobs.afchar2022 import find_material, reproduce
from worker.jobs.afchar2022.material import _IDS
from worker.jobs.afchar2022.table import LEARNT, RANDOM
from worker.jobs.errors import NoPlaylistInCommon, NothingLearnable, NothingToReproduce

WRITERS = Path(__file__).parents[1] / "activations" / "outside" / "conftest.py"
TRACKS = 45
FAMILIES = {101: (7, 8), 102: (9, 10)}
PLAYLISTS = sorted([*FAMILIES, *(leaf for leaves in FAMILIES.values() for leaf in leaves)])


def save(path, value):
    """As the authors' numpy saved a dictionary: protocol 3, names of numpy 1."""
    stream = pickle.dumps(np.array(value, dtype=object), protocol=3).replace(b"numpy._core.", b"numpy.core.")
    header = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '|O', 'fortran_order': False, 'shape': (), }".ljust(117) + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + stream)


def spaces(seed=0, playlists=PLAYLISTS):
    rng = np.random.default_rng(seed)
    return {playlist: rng.normal(size=6) * 0.3 for playlist in playlists}


@pytest.fixture
def embeddings(tmp_path):
    """A folder with two spaces of six playlists."""
    save(tmp_path / "weights" / "embeddings" / "usg.npy", spaces(1))
    save(tmp_path / "weights" / "embeddings" / "llm.npy", spaces(2, [*PLAYLISTS, 999]))
    return tmp_path


@pytest.fixture
def published(embeddings):
    """The same with tracks and playlists: leaves that resemble their family, whose playlist holds them all."""
    spec = importlib.util.spec_from_file_location("tensor_writers", WRITERS)
    writers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(writers)
    rng = np.random.default_rng(4)
    members = {playlist: [] for playlist in PLAYLISTS}
    folder = embeddings / "deezer_anonymised_tracks"
    for family, leaves in FAMILIES.items():
        centre = rng.normal(size=128)
        for leaf in leaves:
            middle = centre + rng.normal(size=128) * 0.7
            for number in range(TRACKS):
                track = f"{leaf}x{number:03d}"
                (folder / str(number % 3)).mkdir(parents=True, exist_ok=True)
                values = (middle + rng.normal(size=(29, 128))).astype(np.float32)
                (folder / str(number % 3) / f"{track}.tensor").write_bytes(writers.serialized(values))
                members[leaf].append(track)
                members[family].append(track)
    (folder / "0" / "7x000.tensor").write_bytes(b"damaged")
    members[7].append("gone")
    members[555] = members[7][:5]
    said = {key: {"tracks_array": np.array(tracks), "formatted_title": f"p{key}"} for key, tracks in members.items()}
    save(embeddings / "deezer_playlists.npy", said)
    return embeddings


def test_the_poster_s_concepts_are_known():
    ids = json.loads(_IDS.read_text())
    assert (len(set(ids["retained"])), len(set(ids["common"]))) == (3443, 3214)
    assert set(ids["common"]) <= set(ids["retained"])


def plain_row(vectors, judges, threshold, least):
    """One row by loops, networkx and the tree builder alone."""
    ids = sorted(set(vectors) & set(judges))
    full = sorted(vectors)
    similarity = {(a, b): -np.sum((vectors[a] - vectors[b]) ** 2) for a in full for b in full if a != b}
    graph = nx.Graph()
    graph.add_nodes_from(full)
    for a in full:
        best = max(similarity[a, b] for b in full if b != a)
        graph.add_edges_from(
            (a, b) for b in full if b != a and (similarity[a, b] > threshold or similarity[a, b] == best)
        )
    central = nx.betweenness_centrality(graph)
    square = np.array([[similarity.get((a, b), -9.0) for b in ids] for a in ids])
    tree = heymann_tree(square, np.array([central[a] for a in ids]), min_similarity=least)
    ends = [(ids[edge.parent], ids[edge.child]) for edge in tree if edge.parent is not None]
    return np.array([np.linalg.norm(judges[a] - judges[b]) for a, b in ends])


def test_a_source_s_row_is_that_of_plain_loops(embeddings):
    found = reproduce(find_material(embeddings), dense_betweenness)
    assert found.nodes == len(PLAYLISTS)
    rows = {row.source: row for row in found.rows}
    assert list(rows) == ["H(S_CF)", "H(S_BERT)", RANDOM]
    values = plain_row(spaces(1), spaces(1), -0.8, -3.0)
    cell = rows["H(S_CF)"].cells["CF"]
    assert cell.mean == pytest.approx(values.mean(), rel=1e-9)
    assert cell.margin == pytest.approx(1.96 * values.std() / np.sqrt(len(values)), rel=1e-9)
    assert (cell.edges, cell.published) == (len(values), 0.345)
    assert list(found.spaces_missing) == ["Audio", "W2V1", "W2V2"]
    assert found.rows_missing == {
        LEARNT: "deezer_playlists.npy with *.tensor",
        "H(S_W2V1)": "mwon_w2v.npy",
        "H(S_W2V2)": "sdoh_w2v.npy",
    }
    assert (found.cells, found.of_the_poster) == ({"of": 30, "formed": 6}, False)
    assert rows[RANDOM].cells["CF"].edges == len(PLAYLISTS)


def test_vectors_are_learnt_from_serialised_tensors_and_pickled_playlists(published):
    said = []
    found = reproduce(find_material(published), dense_betweenness, said.append)
    assert found.learnt["tracks"] == 4 * TRACKS - 1
    assert found.learnt["files_left_out"] == 1
    assert (found.learnt["playlists"], found.learnt["learnt"], found.learnt["kept"]) == (7, 6, 6)
    row = found.rows[0]
    assert (row.source, list(row.cells)) == (LEARNT, ["Audio", "CF", "BERT"])
    assert row.cells["Audio"].edges == 4  # two families of two leaves, each below what holds both
    assert row.similarities > 0
    assert said[0] == "learning vectors"


def save_vectors(folder):
    """Vectors and biases by layer, and whose they are; returned too."""
    weights = {layer: np.random.default_rng(layer).normal(size=(8 * layer + 2, 6)) for layer in (1, 2)}
    biases = {layer: np.ones((1, 6)) for layer in (1, 2)}
    whole = np.empty(3, object)
    whole[:] = weights, biases, PLAYLISTS
    save(folder / "deezer_cav.npy", 0)
    header = (folder / "deezer_cav.npy").read_bytes()[:128].replace(b"(), }  ", b"(3,), }")
    (folder / "deezer_cav.npy").write_bytes(header + pickle.dumps(whole, protocol=3))
    return weights


def test_published_vectors_are_a_space_of_129_numbers(embeddings):
    weights = save_vectors(embeddings)
    audio = find_material(embeddings).spaces["Audio"]
    assert np.array_equal(audio[PLAYLISTS[4]], [*weights[2][:, 4], 1.0])


def test_the_files_of_the_authors_repository_give_25_cells_and_with_the_tracks_30(published):
    save_vectors(published)
    save(published / "mwon_w2v.npy", spaces(3))
    save(published / "sdoh_w2v.npy", spaces(4))
    assert reproduce(find_material(published), dense_betweenness).cells == {"of": 30, "formed": 30}
    (published / "deezer_playlists.npy").unlink()
    found = reproduce(find_material(published), dense_betweenness)
    assert found.cells == {"of": 30, "formed": 25}
    assert (found.spaces_missing, list(found.rows_missing)) == ({}, [LEARNT])


def test_cells_of_the_poster_s_own_playlists_are_known_for_such(tmp_path):
    playlists = json.loads(_IDS.read_text())["common"][:8]
    save(tmp_path / "usg.npy", spaces(1, [*playlists, 7]))
    found = reproduce(find_material(tmp_path), dense_betweenness)
    assert (found.nodes, found.of_the_poster) == (8, True)


def test_files_of_different_playlists_make_no_table(tmp_path):
    save(tmp_path / "usg.npy", spaces(1, [1, 2]))
    save(tmp_path / "llm.npy", spaces(2, [2, 3, 4]))
    with pytest.raises(NoPlaylistInCommon, match=r"fewer than 2 playlists in common \(CF 2, BERT 3 of their own\)"):
        reproduce(find_material(tmp_path), dense_betweenness)


def test_what_is_not_the_authors_data_is_named(tmp_path, published):
    with pytest.raises(FolderMissing):
        find_material(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToReproduce, match=r"usg\.npy"):
        find_material(tmp_path / "empty")
    for value in ([1], {}, {1: np.ones(2), 2: np.ones(3)}, {1: np.array([np.nan])}, {"x": np.ones(2)}, {1: "x"}):
        save(tmp_path / "bad" / "usg.npy", value)
        with pytest.raises(PickleRefused, match=r"usg\.npy"):
            find_material(tmp_path / "bad")
    (tmp_path / "bad" / "usg.npy").unlink()
    save(published / "deezer_playlists.npy", {7: ["7x001"]})
    with pytest.raises(NothingLearnable, match="too_few"):
        reproduce(find_material(published), dense_betweenness)


@pytest.fixture
def run():
    app = typer.Typer()
    reproduce_commands.register(app)
    app.callback()(lambda: None)
    return lambda *options: CliRunner().invoke(app, ["reproduce", "afchar2022", *map(str, options)])


def test_the_command_prints_the_table_and_what_is_missing(run, embeddings, tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIO_CONCEPTS_HOME", str(tmp_path / "no stack"))
    done = run("--data", embeddings)
    assert done.exit_code == 0, done.output
    assert "matrix products" in done.stderr
    assert "H(S_CF)" in done.stdout
    assert "(0.345)" in done.stdout
    assert "6 of the poster's 30 cells" in done.stdout
    assert "H(S_W2V1) (mwon_w2v.npy)" in done.stdout
    assert "Audio (deezer_cav.npy), W2V1" in done.stdout
    assert "not the poster's playlists" in done.stderr


@pytest.mark.stack
def test_the_running_library_counts_the_same(run, embeddings, tmp_path, monkeypatch, stack):
    tables = {}
    for home in (stack.home, tmp_path / "no stack"):
        monkeypatch.setenv("AUDIO_CONCEPTS_HOME", str(home))
        said = json.loads(run("--data", embeddings, "--json").stdout)
        tables[said.pop("centrality")] = said
    assert list(tables) == [reproduce_commands.BY_LIBRARY, reproduce_commands.BY_PRODUCTS]
    assert len({json.dumps(table) for table in tables.values()}) == 1
