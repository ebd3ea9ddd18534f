"""Matrices and vectors given from outside, each with the ids of its rows.

Conventions: a file is one of

    *.npz       arrays `ids` and `values` (and `kind` for a space); no pickle
    *.npy       values, with the ids in a text file beside it of the same stem, one a line: `s.npy`, `s.txt`
    *.csv       first column the ids, further columns the numbers; the first line is a heading
    *.parquet   column `id`, and either one list column `vector` or one column a number

A similarity matrix is square: row = whose tracks, column = whose vector, columns in the order of the rows. A space's
kind is `distance` or `cosine`, from the npz or from the name: `titles.cosine.csv`. Rows are sorted by id.
"""

from __future__ import annotations

import csv
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from worker.evaluation.errors import MatrixUnreadable
from worker.evaluation.spaces import Measure

MOST_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class Rows:
    """Numbers by id."""

    ids: tuple[str, ...]
    """Sorted."""
    values: NDArray[np.float64]
    """(ids, numbers) finite."""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class GivenSpace:
    """Vectors that judge, or that a tree is grown from."""

    name: str
    measure: Measure
    rows: Rows


def read_square(path: Path) -> Rows:
    """A similarity matrix; what stands on the diagonal does not matter, and becomes 1.

    Raises:
        MatrixUnreadable: no such file, another form, not square, not finite, an id twice.
    """
    ids, values, kind = _read(path)
    if values.shape != (len(ids), len(ids)):
        raise MatrixUnreadable(str(path), f"{len(ids)} ids and {values.shape[1]} columns make no square")
    np.fill_diagonal(values, 1.0)
    return _sorted(path, ids, values, kind, square=True)


def read_separation(path: Path, ids: tuple[str, ...]) -> NDArray[np.float64]:
    """A second matrix over the ids of the first, in their order.

    Raises:
        MatrixUnreadable: as above, or it has other ids.
    """
    found = read_square(path)
    if found.ids != ids:
        odd = min(set(found.ids) ^ set(ids))
        raise MatrixUnreadable(str(path), f"it should have the ids of the similarities, but {odd} is in one alone")
    return found.values


def read_centrality(path: Path, ids: tuple[str, ...]) -> NDArray[np.float64]:
    """One number an id, in the order of `ids`.

    Raises:
        MatrixUnreadable: as above, or an id is lacking.
    """
    found, values, _ = _read(path)
    if values.shape[1] != 1:
        raise MatrixUnreadable(str(path), f"it should hold one number an id, not {values.shape[1]}")
    by_id = dict(zip(found, values[:, 0].tolist(), strict=True))
    for one in ids:
        if one not in by_id:
            raise MatrixUnreadable(str(path), f"{one} has no value")
    return np.array([by_id[one] for one in ids])


def read_spaces(folder: Path) -> list[GivenSpace]:
    """Every space of a folder, by name.

    Raises:
        MatrixUnreadable: no such folder, an empty one, or a file in it cannot be read.
    """
    if not folder.is_dir():
        raise MatrixUnreadable(str(folder), "there is no such folder")
    paths = sorted(path for path in folder.iterdir() if path.suffix in {".npz", ".npy", ".csv", ".parquet"})
    if not paths:
        raise MatrixUnreadable(str(folder), "it holds no .npz, .npy, .csv or .parquet")
    return [_space(path) for path in paths]


def _space(path: Path) -> GivenSpace:
    ids, values, kind = _read(path)
    name, _, ending = path.stem.rpartition(".")
    if not kind:
        name, kind = (name, ending) if ending in get_args(Measure) else (path.stem, "")
    else:
        name = path.stem
    if kind == "distance":
        return GivenSpace(name, "distance", _sorted(path, ids, values, kind))
    if kind == "cosine":
        return GivenSpace(name, "cosine", _sorted(path, ids, values, kind))
    raise MatrixUnreadable(
        str(path), f"its kind {kind!r} is neither distance nor cosine; name it NAME.cosine{path.suffix}"
    )


def _read(path: Path) -> tuple[list[str], NDArray[np.float64], str]:
    if not path.is_file():
        raise MatrixUnreadable(str(path), "there is no such file")
    if path.stat().st_size > MOST_BYTES:
        raise MatrixUnreadable(str(path), f"it is larger than {MOST_BYTES >> 30} GB")
    readers = {".npz": _npz, ".npy": _npy, ".csv": _csv, ".parquet": _parquet}
    if path.suffix not in readers:
        raise MatrixUnreadable(str(path), f"its name should end in {', '.join(readers)}")
    try:
        ids, values, kind = readers[path.suffix](path)
        table = np.array(values, np.float64)
    except (ValueError, KeyError, TypeError, OSError, EOFError) as error:
        raise MatrixUnreadable(str(path), str(error) or type(error).__name__) from error
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2 or len(table) != len(ids):  # noqa: PLR2004  a table has two axes
        raise MatrixUnreadable(str(path), f"{len(ids)} ids do not fit values of shape {table.shape}")
    return [str(one) for one in ids], table, kind


def _npz(path: Path) -> tuple[Any, Any, str]:
    with np.load(path, allow_pickle=False) as read:
        return read["ids"].tolist(), read["values"], str(read["kind"]) if "kind" in read else ""


def _npy(path: Path) -> tuple[Any, Any, str]:
    beside = path.with_suffix(".txt")
    if not beside.is_file():
        raise ValueError(f"the ids should lie beside it in {beside.name}, one a line")
    return beside.read_text("utf-8-sig").splitlines(), np.load(path, allow_pickle=False), ""


def _csv(path: Path) -> tuple[Any, Any, str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in list(csv.reader(file))[1:] if row]
    return [row[0] for row in rows], [[float(cell) for cell in row[1:]] for row in rows], ""


def _parquet(path: Path) -> tuple[Any, Any, str]:
    from pyarrow.parquet import read_table

    table = read_table(path)
    ids = table.column("id").to_pylist()
    if "vector" in table.column_names:
        return ids, table.column("vector").to_pylist(), ""
    columns = [table.column(name).to_numpy() for name in table.column_names if name != "id"]
    return ids, np.stack(columns, axis=1), ""


def _sorted(path: Path, ids: list[str], values: NDArray[np.float64], kind: str, *, square: bool = False) -> Rows:
    order = sorted(range(len(ids)), key=ids.__getitem__)
    names = tuple(ids[place] for place in order)
    for one, other in itertools.pairwise(names):
        if one == other:
            raise MatrixUnreadable(str(path), f"{one} stands there twice")
    table = values[np.ix_(order, order)] if square else values[order]
    if not np.isfinite(table).all():
        raise MatrixUnreadable(
            str(path), f"the row of {names[int(np.argmin(np.isfinite(table).all(axis=1)))]} is not finite"
        )
    return Rows(names, table, kind)
