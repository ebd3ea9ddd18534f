"""Arithmetic by column: what comes out for a column depends on that column, never on its company.

Conventions: matrices are float32; a column is a fit, a concept or a vector; rows are summed in ascending order.

Why: a linear-algebra library computes one column of a product differently in the last bits when the matrix has another
shape or lies otherwise in memory. A concept solved alone would then not equal the same concept solved beside 3442
others, and a rebuild of what has changed would not equal a rebuild from nothing. So products are taken in tiles of one
shape: columns in tiles of `COLUMNS` (or `WIDE`), filled up with zeros, and where rows have company too, rows in tiles
of `ROWS`. Within one shape every column takes the same way through the library; `tests/concepts/test_columns.py` holds
it to that. No library promises it, so `columns_alike` looks, once a process and number of units, before anybody relies
on it.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Matrix = NDArray[np.float32]

COLUMNS = 32
WIDE = 128
ROWS = 1024


def product(left: Matrix, right: Matrix, width: int = COLUMNS) -> Matrix:
    """`left @ right` for a left that is the same in whatever company the columns of the right come.

    Args:
        left: (rows, inner)
        right: (inner, columns)
        width: columns a tile.

    Returns:
        (rows, columns), a view of whole tiles.
    """
    count = right.shape[1]
    found = np.empty((len(left), -(-count // width) * width), np.float32)
    for start in range(0, count, width):
        part = right[:, start : start + width]
        if part.shape[1] < width or not right.flags.c_contiguous:
            part = np.zeros((len(right), width), np.float32)
            part[:, : count - start] = right[:, start : start + width]
        np.matmul(left, part, out=found[:, start : start + width])
    return found[:, :count]


def table(left: Matrix, right: Matrix) -> Matrix:
    """`left @ right` where both the rows of the left and the columns of the right come in changing company.

    Args:
        left: (rows, inner)
        right: (inner, columns)

    Returns:
        (rows, columns)
    """
    rows = len(left)
    found = np.empty((-(-rows // ROWS) * ROWS, right.shape[1]), np.float32)
    for start in range(0, rows, ROWS):
        part = left[start : start + ROWS]
        if len(part) < ROWS:
            part = np.pad(part, ((0, ROWS - len(part)), (0, 0)))
        found[start : start + ROWS] = product(part, right, WIDE)
    return found[:rows]


def dots(one: Matrix, other: Matrix) -> NDArray[np.float64]:
    """(columns,) sum over rows of the products of two matrices.

    Args:
        one: (rows, columns)
        other: (rows, columns)
    """
    return sums(one * other).astype(np.float64)


def sums(matrix: Matrix) -> Matrix:
    """(columns,) sum over rows, one row after another.

    Args:
        matrix: (rows, columns)
    """
    found: Matrix = _in_company(matrix).sum(axis=0)[: matrix.shape[1]]
    return found


def long_sums(matrix: NDArray[np.floating]) -> NDArray[np.float64]:
    """As `sums`, in float64.

    Args:
        matrix: (rows, columns)
    """
    found: NDArray[np.float64] = _in_company(matrix).sum(axis=0, dtype=np.float64)[: matrix.shape[1]]
    return found


@functools.cache
def columns_alike(units: int) -> bool:
    """Whether this machine's linear algebra gives a column the same bits alone, in company and in any place of a tile.

    Looks at the products that the fits and the scores of so many units are made of; takes some milliseconds.
    """
    rng = np.random.default_rng(units)
    rows = rng.standard_normal((ROWS, units + 1), np.float32)
    several = rng.standard_normal((units + 1, COLUMNS + WIDE), np.float32)
    residuals = rng.standard_normal((ROWS, COLUMNS + WIDE), np.float32)
    some = np.array([COLUMNS + 3, 0, COLUMNS - 1, COLUMNS + WIDE - 1])
    with threadpool_limits(limits=1, user_api="blas"):
        for left, right in ((rows, several), (rows[:300], several), (rows.T, residuals)):
            whole = product(left, right)
            if not all(np.array_equal(product(left, right[:, part]), whole[:, part]) for part in (some[:1], some)):
                return False
        few = np.array([5, ROWS - 1, 300])
        return np.array_equal(table(rows[few], several[:, some]), table(rows, several)[np.ix_(few, some)])


def _in_company(matrix: NDArray[np.floating]) -> NDArray[np.floating]:
    """Row after row in memory, with two columns at least: a single one would be summed in pairs."""
    return np.ascontiguousarray(matrix if matrix.shape[1] > 1 else np.repeat(matrix, 2, axis=1))
