"""`audio-concepts hierarchy build` on matrices of every form; no server runs."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from worker.cli.main import command_line
from worker.evaluation.errors import MatrixUnreadable
from worker.hierarchy.betweenness import dense_betweenness
from worker.hierarchy.builders import heymann_tree
from worker.hierarchy.generality import generality_tree

IDS = ["strings", "violin", "winds", "flute", "oboe"]


@pytest.fixture
def similarity():
    return np.random.default_rng(3).random((5, 5)).round(6)


def ran(*arguments):
    done = CliRunner().invoke(command_line(), ["hierarchy", "build", *map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def parents(*arguments):
    return {edge["child"]: edge["parent"] for edge in json.loads(ran(*arguments, "--json").stdout)["edges"]}


def expected(similarity, **changes):
    order = np.argsort(IDS)
    square = similarity[np.ix_(order, order)]
    names = sorted(IDS)
    central = changes.pop("centrality", None)
    central = dense_betweenness(square > 0.5) if central is None else central[order]
    tree = heymann_tree(square, central, **changes)
    return {names[edge.child]: None if edge.parent is None else names[edge.parent] for edge in tree}


def write(folder, similarity, form):
    path = folder / f"s.{form}"
    if form == "npz":
        np.savez(path, ids=np.array(IDS), values=similarity)
    elif form == "npy":
        np.save(path, similarity)
        (folder / "s.txt").write_text("\n".join(IDS))
    elif form == "csv":
        rows = [",".join([name, *map(str, row)]) for name, row in zip(IDS, similarity.tolist(), strict=True)]
        path.write_text("\n".join(["id," + ",".join(IDS), *rows]))
    else:
        pq.write_table(pa.table({"id": IDS, "vector": similarity.tolist()}), path)
    return path


@pytest.mark.parametrize("form", ["npz", "npy", "csv", "parquet"])
def test_every_form_gives_the_presets_tree_whatever_the_order_of_ids(tmp_path, similarity, form):
    path = write(tmp_path, similarity, form)
    assert parents("--similarity", path, "--preset", "poster") == expected(similarity)


def test_centralities_and_limits_can_be_given(tmp_path, similarity):
    path = write(tmp_path, similarity, "npz")
    central = np.array([0.1, 0.5, 0.2, 0.4, 0.3])
    (tmp_path / "c.csv").write_text("id,centrality\n" + "\n".join(map("{},{}".format, IDS, central)))
    arguments = ("--similarity", path, "--centrality", tmp_path / "c.csv", "--preset", "poster")
    assert parents(*arguments, "--max-children", "1") == expected(similarity, centrality=central, max_children=1)
    assert set(parents(*arguments, "--min-similarity", "1").values()) == {None}


def general(similarity, separation=None, **limits):
    order = np.ix_(np.argsort(IDS), np.argsort(IDS))
    tree = generality_tree(similarity[order], None if separation is None else separation[order], **limits)
    names = sorted(IDS)
    return {names[edge.child]: None if edge.parent is None else names[edge.parent] for edge in tree}


def test_the_default_rule_takes_s_alone_or_with_separation(tmp_path, similarity):
    path = write(tmp_path, similarity, "npz")
    separation = np.random.default_rng(4).random((5, 5)).round(6)
    np.savez(tmp_path / "apart.npz", ids=np.array(IDS), values=separation)
    assert parents("--similarity", path) == general(similarity)
    both = parents("--similarity", path, "--separation", tmp_path / "apart.npz")
    assert both == general(similarity, separation) != general(similarity)
    assert parents("--similarity", path, "--max-children", 1) == general(similarity, max_children=1)


def test_a_separation_of_other_concepts_is_refused_by_the_name_of_one(tmp_path, similarity):
    np.savez(tmp_path / "apart.npz", ids=np.array([*IDS[:4], "drums"]), values=similarity)
    with pytest.raises(MatrixUnreadable, match="drums is in one alone"):
        ran("--similarity", write(tmp_path, similarity, "npz"), "--separation", tmp_path / "apart.npz")


def test_people_get_an_outline(tmp_path, similarity):
    path = write(tmp_path, similarity, "npz")
    lines = ran("--similarity", path, "--preset", "poster").stdout.splitlines()
    assert sorted(line.strip() for line in lines) == sorted(IDS)
    assert any(line.startswith("  ") for line in lines)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: np.where(np.eye(5, k=1) > 0, np.nan, s), "not finite"),
        (lambda s: s[:, :4], "make no square"),
        (lambda s: s[:4], "do not fit"),
    ],
)
def test_what_is_no_matrix_is_named(tmp_path, similarity, change, said):
    path = tmp_path / "s.npz"
    np.savez(path, ids=np.array(IDS), values=change(similarity))
    with pytest.raises(MatrixUnreadable, match=said):
        ran("--similarity", path)


def test_ids_that_repeat_pickles_and_missing_files_are_refused(tmp_path, similarity):
    path = tmp_path / "s.npz"
    np.savez(path, ids=np.array([*IDS[:4], "violin"]), values=similarity)
    with pytest.raises(MatrixUnreadable, match="violin stands there twice"):
        ran("--similarity", path)
    np.savez(path, ids=np.array(IDS, dtype=object), values=similarity)
    with pytest.raises(MatrixUnreadable, match="allow_pickle"):
        ran("--similarity", path)
    with pytest.raises(MatrixUnreadable, match="no such file"):
        ran("--similarity", tmp_path / "other.npz")
    assert ran("--similarity", path, "--preset", "best").exit_code == 2
