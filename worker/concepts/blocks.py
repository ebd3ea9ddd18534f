"""Blocks of work side by side, one linear-algebra thread each.

Why: the products here are many and small; a linear-algebra library that splits each of them over all cores spends
most of its time waiting, several times what the work takes, as soon as anything else runs on the machine. Blocks
are the same for any number of workers, so the numbers are too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Block = TypeVar("Block")
Result = TypeVar("Result")

MOST_WORKERS = 8


def available_workers() -> int:
    """Cores this process may use, at most 8."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_WORKERS)


def work_through(
    work: Callable[[Block], Result],
    blocks: Iterable[Block],
    take: Callable[[Block, Result], None],
    workers: int | None = None,
) -> None:
    """Do every block, several at a time, and take each result in order.

    Args:
        work: a pure function of its block.
        blocks: what to do.
        take: told each block and its result, in this thread.
        workers: threads; None for as many as there are cores.
    """
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(workers or available_workers()) as pool:
        listed = list(blocks)
        for block, result in zip(listed, pool.map(work, listed), strict=True):
            take(block, result)
