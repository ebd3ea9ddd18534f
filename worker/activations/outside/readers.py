"""Files of activations that other programs wrote: npz, Parquet, npy with ids, one array a track, serialised tensors.

Conventions: one row is one window, the rows of a track in time order; a track has one row or several. What is read:

* **npz**: `ids` (rows,) and `activations` (rows, units) or (rows, windows, units), an id that comes again adding to its
  track; or else one array a track, (units,) or (windows, units), named by its id.
* **Parquet**: a column `track` (or `track_id`, `id`) and either one column of lists (a row of units each) or a number
  column for each unit; an id that comes again adds to its track.
* **npy** with ids: `NAME.npy` (rows, units) or (rows, windows, units) beside `NAME.ids.txt` (one a line), `.ids.json`
  (a list) or `.ids.npy`.
* **a folder**: all such files in it and below it, in the order of their names; and one file a track, its name the id:
  `ID.npy` (units,) or (windows, units), `ID.tensor` as TensorFlow serialises one.

Numbers become float32; objects are never unpickled, sizes are held against the file before anything is made. What
cannot be used is handed out by name in place of its track, and stops nothing else. Needs no torch.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from worker.activations.outside.tensor_proto import read_tensor
from worker.catalogue.given_ids import given_id
from worker.catalogue.scan import LeftOut
from worker.cleaning import readable
from worker.reasons import Reason

MAX_BYTES = 16 << 30
"""Of one array."""
MAX_TENSOR_BYTES = 1 << 30
UNSUSPECTED_BYTES = 1 << 28
MAX_RATIO = 200
"""A larger array of an archive may not unpack into more than so many times its bytes."""
IDS_SUFFIXES = (".ids.txt", ".ids.json", ".ids.npy")
_IDS = ("track", "track_id", "id")
_MATRIX, _WINDOWED = 2, 3
_TO_FLOAT = frozenset("fiu")


@dataclass(frozen=True, slots=True)
class Given:
    """The activations of one track, as somebody else computed them."""

    given_id: str
    values: NDArray[np.float32]
    """(windows, units) finite, at least one of each."""
    where: str
    """The file, for reports."""


class _Unreadable(ValueError):
    """What is wrong with a file, before it is named."""


def read_given(path: Path) -> Iterator[Given | LeftOut]:
    """Every track of a file or folder, one after the other; what cannot be used comes as `LeftOut`.

    Args:
        path: a file or a folder.
    """
    for file in _files(path):
        where = readable(file)
        try:
            for given, values in _tracks(file):
                yield _checked(given, values, where)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, RecursionError) as error:
            yield LeftOut(where, Reason.ACTIVATIONS_UNREADABLE, str(error) or type(error).__name__)


def _files(path: Path) -> Iterable[Path]:
    if not path.is_dir():
        return [path]
    wanted = (".npz", ".parquet", ".npy", ".tensor")
    found = sorted(one for one in path.rglob("*") if one.suffix.lower() in wanted and one.is_file())
    return [one for one in found if not one.name.endswith(".ids.npy")]


def _tracks(file: Path) -> Iterator[tuple[object, NDArray[Any]]]:
    match file.suffix.lower():
        case ".npz":
            return _npz(file)
        case ".parquet":
            return _parquet(file)
        case ".npy":
            return _npy(file)
        case ".tensor":
            return _tensor(file)
    raise _Unreadable("its name ends in none of .npz, .parquet, .npy and .tensor")


def _checked(given: object, values: NDArray[Any], where: str) -> Given | LeftOut:
    """One track's numbers as (windows, units) float32, or what is wrong with them."""
    try:
        name = given_id(given)
    except ValueError as error:
        return LeftOut(where, Reason.ACTIVATIONS_UNUSABLE, str(error))
    rows = values[None, :] if values.ndim == 1 else values
    detail = ""
    if rows.ndim != _MATRIX or not rows.size:
        detail = f"its shape is {values.shape}, not (units,) or (windows, units)"
    elif rows.dtype.kind not in _TO_FLOAT:
        detail = f"its numbers are {rows.dtype}, not floats or integers"
    if detail:
        return LeftOut(f"{where}: {name}", Reason.ACTIVATIONS_UNUSABLE, detail)
    with np.errstate(over="ignore"):
        numbers = np.ascontiguousarray(rows, dtype=np.float32)
    finite = np.isfinite(numbers).all(axis=1)
    if not finite.all():
        detail = f"window {int(np.argmin(finite))} is not finite as float32"
        return LeftOut(f"{where}: {name}", Reason.ACTIVATIONS_UNUSABLE, detail)
    return Given(name, numbers, where)


# --- formats ----------------------------------------------------------------------------------------------------------


def _npz(file: Path) -> Iterator[tuple[object, NDArray[Any]]]:
    with zipfile.ZipFile(file) as archive:
        names = {name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")}
        if not names:
            raise _Unreadable("it holds no arrays")
        if "ids" not in names:
            for given in sorted(names):
                yield given, _member(archive, names[given])
            return
        if "activations" not in names:
            raise _Unreadable(f"beside ids it holds {', '.join(sorted(names.keys() - {'ids'}))}, not activations")
        yield from _by_id(_member(archive, names["ids"]), _member(archive, names["activations"]))


def _member(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    size, packed = archive.getinfo(name).file_size, archive.getinfo(name).compress_size
    if size > UNSUSPECTED_BYTES and size > MAX_RATIO * packed:
        raise _Unreadable(f"{name} would unpack {packed} bytes into {size}; save it without compression")
    with archive.open(name) as stream:
        return _array(stream, size)


def _npy(file: Path) -> Iterator[tuple[object, NDArray[Any]]]:
    with file.open("rb") as stream:
        array = _array(stream, file.stat().st_size)
    ids = next((named for suffix in IDS_SUFFIXES if (named := file.with_name(file.stem + suffix)).is_file()), None)
    if ids is None and array.ndim < _WINDOWED:
        yield file.stem, array
    elif ids is None:
        raise _Unreadable(f"it has {array.ndim} axes and no file of ids beside it, such as {file.stem}.ids.txt")
    else:
        yield from _by_id(_ids_beside(ids), array)


def _ids_beside(file: Path) -> Sequence[Any] | NDArray[Any]:
    if file.suffix == ".npy":
        with file.open("rb") as stream:
            return _array(stream, file.stat().st_size)
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix == ".txt":
        return text.splitlines()
    read = json.loads(text)
    if not isinstance(read, list):
        raise _Unreadable(f"{readable(file.name)} is no list of ids")
    return read


def _parquet(file: Path) -> Iterator[tuple[object, NDArray[Any]]]:
    import pyarrow as pa  # not in the base install
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file, use_threads=False)
        names = {name.casefold(): name for name in table.column_names}
        ids = next((names[name] for name in _IDS if name in names), None)
        if ids is None:
            raise _Unreadable(f"its columns are {', '.join(names) or 'none'}; one of {', '.join(_IDS)} is due")
        rest = table.drop_columns([ids])
        lists = [field.name for field in rest.schema if _is_list(field.type)]
        if len(lists) > 1 or not rest.column_names:
            raise _Unreadable(f"beside {ids} it has {len(lists)} columns of lists, and one is due, or number columns")
        matrix = _list_rows(rest.column(lists[0])) if lists else _number_columns(rest)
        keys = table.column(ids).to_pylist()
    except pa.ArrowException as error:
        raise _Unreadable(str(error)) from error
    yield from _by_id(keys, matrix)


def _is_list(kind: Any) -> bool:
    import pyarrow.types as kinds

    return bool(kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind))


def _list_rows(column: Any) -> NDArray[Any]:
    rows = column.combine_chunks()
    lengths = set(rows.value_lengths().to_pylist())
    if len(lengths) != 1 or None in lengths:
        raise _Unreadable("its lists have different lengths, or some are missing")
    flat = rows.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat).reshape(len(rows), lengths.pop())


def _number_columns(table: Any) -> NDArray[Any]:
    columns = [np.asarray(column.to_numpy()) for column in table.columns]
    wrong = [
        name for name, column in zip(table.column_names, columns, strict=True) if column.dtype.kind not in _TO_FLOAT
    ]
    if wrong:
        raise _Unreadable(f"column {wrong[0]} holds no numbers")
    return np.stack(columns, axis=1)


def _tensor(file: Path) -> Iterator[tuple[object, NDArray[Any]]]:
    if file.stat().st_size > MAX_TENSOR_BYTES:
        raise _Unreadable(f"it is larger than {MAX_TENSOR_BYTES} bytes")
    yield file.stem, read_tensor(file.read_bytes())


# --- arrays -----------------------------------------------------------------------------------------------------------


def _by_id(ids: Sequence[Any] | NDArray[Any], matrix: NDArray[Any]) -> Iterator[tuple[object, NDArray[Any]]]:
    """Part the rows by track, tracks in the order of their first row."""
    if isinstance(ids, np.ndarray) and ids.ndim != 1:
        raise _Unreadable(f"ids have the shape {ids.shape}, not (rows,)")
    if matrix.ndim not in {_MATRIX, _WINDOWED} or len(ids) != len(matrix):
        raise _Unreadable(f"{len(ids)} ids stand beside activations of shape {matrix.shape}")
    rows: dict[object, list[int]] = {}
    for row, given in enumerate(ids.tolist() if isinstance(ids, np.ndarray) else ids):
        rows.setdefault(_hashable(given), []).append(row)
    for given, own in rows.items():
        part = matrix[own] if len(own) > 1 else matrix[own[0] : own[0] + 1]
        yield given, part.reshape(-1, part.shape[-1])


def _hashable(given: object) -> object:
    """An id as it is; what can be none is turned into its text, to be refused by name."""
    try:
        return given_id(given)
    except ValueError:
        return (repr(given)[:80],)


def _array(stream: IO[bytes], size: int) -> NDArray[Any]:
    """An array whose header was held against the bytes there are; never unpickles."""
    head = stream.read(1 << 16) if size > 1 << 16 else stream.read()
    header = io.BytesIO(head)
    version = np.lib.format.read_magic(header)
    if version not in {(1, 0), (2, 0)}:
        raise _Unreadable(f"version {version} of the npy format is not read")
    reads = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = reads(header)
    if dtype.hasobject:
        raise _Unreadable("it holds pickled objects; save plain numbers and texts")
    count = math.prod(shape)
    due = count * dtype.itemsize
    if due > MAX_BYTES or due != size - header.tell():
        raise _Unreadable(f"its header says {due} bytes of {shape} {dtype}, and {size - header.tell()} follow")
    content = bytearray(head[header.tell() :])
    content += stream.read()
    if len(content) != due:
        raise _Unreadable("it is cut")
    array = np.frombuffer(content, dtype, count)
    return array.reshape(shape, order="F" if fortran else "C")
