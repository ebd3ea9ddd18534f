"""`published.json`, which tells who has the data folder and no server where the current version's vectors lie.

A publication writes it. An activation is made by the API, which has no data folder, so a worker follows, soon after and
when it starts; that also mends what a crash between publication and pointer left.
"""

from __future__ import annotations

import logging
from pathlib import Path

from cypher.model import Collection, Hierarchy, Version
from cypher.store import Graph
from worker.answers.published import POINTER
from worker.jobs.builds import Builds
from worker.jobs.errors import BuildDamaged, BuildMissing

log = logging.getLogger(__name__)

NEEDED = ("vectors", "catalogue", "heard")


def follow(graph: Graph, data: Path, collection: Collection) -> bool:
    """Point at the current version, unless that is so already.

    A version of an older release does not name its files; then the pointer stays as it is.

    Returns:
        Whether the pointer was written.
    """
    builds = Builds(data, collection.id)
    current = graph.hierarchy.current(collection.id)
    if current is None or _is_right(builds, current):
        return False
    version = graph.hierarchy.version(collection.id, current.version)
    missing = [role for role in NEEDED if role not in version.hierarchy.files]
    if missing:
        log.warning(
            "version %s of %s does not name its %s; rebuild it to tag by it",
            collection.version, collection.id, ", ".join(missing),
        )  # fmt: skip
        return False
    builds.place_json(pointer_to(version), name=POINTER)
    return True


def pointer_to(version: Version) -> dict[str, object]:
    """What the pointer says of a version."""
    said = version.hierarchy
    return {
        "collection": said.collection,
        "version": said.version,
        "vectors": said.files["vectors"],
        "calibration": said.files.get("calibration"),
        "catalogue": said.files["catalogue"],
        "heard": said.files["heard"],
        "similarity": said.files.get("similarity"),
        "fingerprint": said.fingerprint,
        "parameters": said.parameters,
        "kept": {concept.id: concept.name for concept in version.concepts if concept.status == "kept"},
    }


def _is_right(builds: Builds, current: Hierarchy) -> bool:
    """Version and vectors: numbers begin anew in a new database over the same data folder."""
    try:
        read = builds.read_json(POINTER, written_by="publish")
    except (BuildMissing, BuildDamaged):
        return False
    if not isinstance(read, dict) or read.get("version") != current.version:
        return False
    return "vectors" not in current.files or read.get("vectors") == current.files["vectors"]
