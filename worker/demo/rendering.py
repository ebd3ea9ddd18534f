"""The two stages that take time, over as many processes as there are cores: parse and arrange, then render.

Conventions: tasks and results travel in the order of the plan, so neither depends on the number of processes.
Processes are spawned, never forked: the caller may hold threads, sockets or a GPU.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol, TypeVar

from worker.demo.arrangement import Performance, arrange
from worker.demo.errors import ScoresMissing
from worker.demo.manifest import write_whole
from worker.demo.plan import ExcerptPlan, plan_excerpts, queue_of_scores
from worker.demo.recipe import Recipe
from worker.demo.scores import ScoreRef, UnsuitableScoreError, parse
from worker.demo.synthesis import Tags, encode, render

T = TypeVar("T")
R = TypeVar("R")
Count = Callable[[int, int], None]


class Mapper(Protocol):
    """`map` in order, here or in other processes."""

    def __call__(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]: ...


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One excerpt, arranged: its score, its plan, its notes."""

    ref: ScoreRef
    plan: ExcerptPlan
    performance: Performance


@dataclass(frozen=True, slots=True)
class RenderTask:
    """One file to make."""

    excerpt: Excerpt
    path: Path
    tags: Tags
    seconds: float
    rate_hz: int
    font: Path


@contextmanager
def processes_for(count: int | None) -> Iterator[Mapper]:
    """Spawn rendering processes; with one, the work is done in this process.

    Args:
        count: None for one a core.
    """
    wanted = count if count is not None else _cores()
    if wanted <= 1:
        yield _here
        return
    pool = ProcessPoolExecutor(wanted, mp_context=get_context("spawn"))
    try:
        yield lambda work, tasks: pool.map(work, tasks, chunksize=4)
    finally:
        pool.shutdown(cancel_futures=True)


def arrange_all(recipe: Recipe, refs: Sequence[ScoreRef], spread: Mapper, count: Count) -> list[Excerpt]:
    """Give every slot of the plan a score that works, and arrange its excerpts.

    Slots take scores in the seed's order; one that cannot be used is replaced by the next that nobody has.

    Returns:
        Every excerpt in the order of its number.

    Raises:
        ScoresMissing: the corpus has too few of a kind.
    """
    plans = plan_excerpts(recipe)
    slots = [list(group) for _, group in groupby(plans, key=lambda plan: (plan.kind, plan.slot))]
    queues = {kind: queue_of_scores(recipe, kind, list(refs)) for kind in recipe.kinds}
    known = {kind: len(queue) for kind, queue in queues.items()}
    excerpts: list[Excerpt] = []
    waiting = slots
    while waiting:
        tasks = []
        for slot in waiting:
            kind = slot[0].kind
            if not queues[kind]:
                raise ScoresMissing(kind, recipe.kinds[kind].scores, known[kind])
            tasks.append((queues[kind].pop(0), slot, recipe.seconds))
        failed = []
        for slot, result in zip(waiting, spread(_arrange_slot, tasks), strict=True):
            excerpts += result
            if not result:
                failed.append(slot)
                known[slot[0].kind] -= 1
            count(len(excerpts), len(plans))
        waiting = failed
    return sorted(excerpts, key=lambda excerpt: excerpt.plan.number)


def render_all(tasks: Sequence[RenderTask], spread: Mapper, count: Count) -> None:
    """Render every task into its file.

    Raises:
        OSError: a file could not be written; those before it are whole.
    """
    for done, _ in enumerate(spread(_render_file, tasks), start=1):
        count(done, len(tasks))


def _arrange_slot(task: tuple[ScoreRef, list[ExcerptPlan], float]) -> list[Excerpt]:
    """All excerpts of one score, or none when it is unsuitable."""
    ref, plans, seconds = task
    try:
        score = parse(ref)
        return [Excerpt(ref, plan, arrange(ref, score, plan, seconds)) for plan in plans]
    except UnsuitableScoreError:
        return []


def _render_file(task: RenderTask) -> None:
    excerpt = task.excerpt
    samples = render(excerpt.performance, excerpt.plan, task.seconds, task.rate_hz, task.font)
    write_whole(task.path, encode(samples, task.rate_hz, task.tags))


def _here(work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
    return map(work, tasks)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
