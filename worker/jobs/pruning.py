"""Give space back: versions nobody needs go from the graph, and the build files that only they named from the disk.

What stays on the disk: whatever a version that is left names, what `published.json` points at, what a job that has not
succeeded may go on from, and the scores of random track sets, which every rebuild of the same tracks shares. While a
rebuild is active no file is touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cypher.model import FINAL_STATES, Job, Pruned
from cypher.store import Graph
from worker.answers.published import POINTER
from worker.jobs.builds import Builds
from worker.jobs.errors import BuildDamaged, BuildMissing
from worker.jobs.requests import REBUILD

JOBS = 50
"""How many of a collection's latest jobs are looked at."""
SHARED = ".null.json"


@dataclass(frozen=True, slots=True)
class Pruning:
    """What went, or would go."""

    graph: Pruned
    files: tuple[str, ...]
    """Names in the collection's folder of build files."""
    bytes: int
    """Of the files."""
    active_job: str | None
    """The rebuild because of which no file was touched."""


def prune(graph: Graph, data: Path, collection: str, keep: int, *, dry_run: bool = False) -> Pruning:
    """Prune a collection; see `cypher.versions.VersionStore.prune` for which versions go.

    Args:
        graph: the open graph.
        data: the data folder.
        collection: its id.
        keep: published versions to keep, at least 1.
        dry_run: only say what would go.

    Raises:
        UnknownCollection: there is none of that id.
    """
    pruned = graph.versions.prune(collection, keep, dry_run=dry_run)
    jobs = [job for job in graph.ledger.jobs(collection, limit=JOBS) if job.kind == REBUILD]
    active = next((job.id for job in jobs if job.state not in FINAL_STATES), None)
    if active is not None:
        return Pruning(pruned, (), 0, active)
    builds = Builds(data, collection)
    named = {
        name
        for one in graph.hierarchy.versions(collection)
        if one.version in pruned.kept
        for name in one.files.values()
    }
    unfinished = [graph.ledger.job(job.id) for job in jobs if job.state != "succeeded"]
    gone = unneeded(builds, named | _pointed_at(builds) | _named_by(unfinished))
    size = sum(path.stat().st_size for path in gone)
    if not dry_run:
        for path in gone:
            path.unlink(missing_ok=True)
    return Pruning(pruned, tuple(path.name for path in gone), size, None)


def unneeded(builds: Builds, named: Iterable[str]) -> list[Path]:
    """Build files that nothing names, by name; temporary ones and marks of undone work are not among them.

    Args:
        builds: the collection's folder.
        named: names to keep.
    """
    if not builds.folder.is_dir():
        return []
    keep = {*named, POINTER}
    return sorted(
        path
        for path in builds.folder.iterdir()
        if path.is_file()
        and path.name not in keep
        and not path.name.startswith((".", "undone-"))
        and not path.name.endswith(SHARED)
    )


def _pointed_at(builds: Builds) -> set[str]:
    try:
        read = builds.read_json(POINTER, written_by="publish")
    except (BuildMissing, BuildDamaged):
        return set()
    return _texts(read)


def _named_by(jobs: Iterable[Job]) -> set[str]:
    return {name for job in jobs for step in job.steps if step.result is not None for name in _texts(step.result)}


def _texts(values: Any) -> set[str]:
    found = values.values() if isinstance(values, dict) else ()
    return {value for value in found if isinstance(value, str)}
