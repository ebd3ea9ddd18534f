"""One playlist more, a hundred tracks more: `AUDIO_CONCEPTS_HOME=... python -m tests.benchmarks.bench_incremental`.

`[--concepts N] [--tracks N] [--windows N]`; needs the servers of a stack (`audio-concepts up --only neo4j,redis`) whose
graph is empty, and fills it. Made-up activations with planted concepts lie in a store, so nothing is listened to; the
rest is real: the ledger, every stage of a rebuild with its default settings, run in this process, Neo4j and GDS.

In turn: a first rebuild; a playlist is added, planned and rebuilt; everything but activations and basis is thrown away
and computed again, which must find the published version unchanged; then the same with 100 tracks, 60 of which five
playlists hold. Wall seconds, because Neo4j works too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cypher.store import open_graph
from tests.benchmarks.bench_paper_scale import LATENT, make_activations
from tests.benchmarks.measure import report
from tests.jobs.conftest import Bench
from worker.jobs.builds import Builds
from worker.jobs.planning import expected_seconds, plan
from worker.jobs.requests import REBUILD, STAGE_NAMES, RebuildRequest
from worker.settings import load_settings

COLLECTION = "bench-incremental"
ADDED, HELD, HOLDERS = 100, 60, 5
FAMILIES = 12
UNITS, A_SHARD = 128, 500
ASKED = {"backbone": "logmel", "min_tracks": 10, "random_sets": 1000, "q": 0.01, "ridge": None}
"""Defaults, but for the network's name: nothing is listened to."""


@dataclass
class Catalogue:
    """What is in the graph and in the store, and what comes later."""

    bench: Bench
    memberships: dict[str, list[str]]
    tracks: list[str]
    rows: list[dict[str, Any]] = field(default_factory=list)

    def fill(self) -> None:
        self.bench.fill(self.memberships, self.tracks, collection=COLLECTION)

    def rebuild(self, name: str) -> None:
        """Plan, rebuild, and note what was planned, computed, written, and how long it took."""
        settings = RebuildRequest(**ASKED).settings()
        survey = self.bench.graph.planning.survey(REBUILD, COLLECTION)
        work, _ = plan(survey, settings)
        expected = sum(expected_seconds(survey.past, work, settings).values())
        begun = time.perf_counter()
        job = self.bench.ask(collection=COLLECTION, **ASKED)
        spent = self._drain(job.id)
        whole = time.perf_counter() - begun
        job = self.bench.graph.ledger.job(job.id)
        if job.state != "succeeded":
            raise SystemExit(f"{name}: {job.state}, {job.error_code}: {job.error_message}")
        found = {step.name: step.result for step in job.steps}
        done, basis = found["similarity"], found["vectors"]["basis_reason"]
        self.rows.append(
            {
                "rebuild": name,
                "planned vectors": work.computed()["vectors"],
                "planned s": expected,
                "basis": basis or "kept",
                "vectors": found["vectors"]["computed"],
                "columns": done["columns_computed"],
                "track rows": done["rows_computed"],
                "cells of S": done["cells_computed"],
                "qualities": done["qualities_computed"],
                "similarities": found["edges"]["edges"],
                "S kept/written/closed": "/".join(str(found["edges"][what]) for what in ("kept", "written", "closed")),
                "links kept/written/closed": "/".join(
                    str(found["links"][what]) for what in ("kept", "written", "closed")
                ),
                "concepts kept": found["publish"]["kept"],
                "unchanged": found["publish"]["unchanged"],
                "s": whole,
                **{f"{stage} s": spent[stage] for stage in STAGE_NAMES},
            }
        )
        sys.stderr.write(f"{name}: {whole:.1f} s\n")

    def _drain(self, job_id: str) -> dict[str, float]:
        spent = dict.fromkeys(STAGE_NAMES, 0.0)
        while due := self.bench.graph.ledger.due_steps(job_id):
            begun = time.perf_counter()
            self.bench.runner.run(due[0].id)
            spent[due[0].name] += time.perf_counter() - begun
        return spent

    def forget(self) -> None:
        """Everything but activations and the basis of the published version."""
        builds = Builds(self.bench.data, COLLECTION)
        current = self.bench.graph.hierarchy.current(COLLECTION)
        for path in builds.folder.iterdir():
            if path.name != f"{current.parameters['basis_sha256']}.json":
                path.unlink()


def make_playlists(points: np.ndarray, ids: list[str], count: int, rng: np.random.Generator) -> dict[str, list[str]]:
    """Playlists of 39 to 250 tracks that lean the way of a family, and a little their own."""
    families = rng.normal(size=(FAMILIES, LATENT))
    playlists = {}
    for number in range(count):
        way = families[number % FAMILIES] + 0.7 * rng.normal(size=LATENT)
        leaning = points @ (way / np.linalg.norm(way)) + 0.3 * rng.normal(size=len(ids))
        size = int(np.exp(rng.uniform(np.log(39), np.log(250))))
        playlists[f"c{number:04d}"] = [ids[at] for at in np.argpartition(-leaning, size)[:size]]
    return playlists


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--concepts", type=int, default=300)
    parser.add_argument("--tracks", type=int, default=6000)
    parser.add_argument("--windows", type=int, default=29)
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    ids = [f"t{number:06d}" for number in range(asked.tracks + ADDED)]
    now, later = ids[: asked.tracks], ids[asked.tracks :]
    with tempfile.TemporaryDirectory() as name:
        settings = load_settings().model_copy(update={"data_dir": Path(name) / "data", "device": "cpu"})
        secret = settings.neo4j_password.get_secret_value()
        with open_graph(settings.neo4j_uri, settings.neo4j_user, secret, deadline_s=120.0) as graph:
            graph.migrate()
            if list(graph.catalogue.all_tracks()):
                raise SystemExit("the graph holds tracks: give a stack of its own, whose graph is empty")
            bench = Bench(graph, settings)
            activations, points = make_activations(Path(name), ids, rng, UNITS, asked.windows)
            for start in range(0, len(ids), A_SHARD):
                part = range(start, min(start + A_SHARD, len(ids)))
                windows = [activations.values[slice(*activations.offsets[[at, at + 1]])] for at in part]
                bench.store.write([ids[at] for at in part], windows)
            playlists = make_playlists(points[: asked.tracks], now, asked.concepts + 1, rng)
            rebuild_all(Catalogue(bench, playlists, now), max(playlists), later)
            bench.workshop.close()


def rebuild_all(catalogue: Catalogue, extra: str, later: list[str]) -> None:
    """Go through the story and report it."""
    new = catalogue.memberships.pop(extra)
    catalogue.fill()
    catalogue.rebuild("first, everything")
    catalogue.memberships[extra] = new
    catalogue.fill()
    catalogue.rebuild("one playlist added")
    catalogue.forget()
    catalogue.rebuild("playlist, from nothing")
    catalogue.tracks = catalogue.tracks + later
    holders, each = sorted(catalogue.memberships)[:HOLDERS], HELD // HOLDERS
    for place, holder in enumerate(holders):
        catalogue.memberships[holder] = catalogue.memberships[holder] + later[place * each : (place + 1) * each]
    catalogue.fill()
    catalogue.rebuild(f"{ADDED} tracks added")
    catalogue.forget()
    catalogue.rebuild("tracks, from nothing")
    for row, whole in zip(catalogue.rows[1::2], catalogue.rows[2::2], strict=True):
        row["share of from nothing"] = row["s"] / whole["s"]
        if not whole["unchanged"]:
            raise SystemExit(f"{row['rebuild']}: computed from nothing it is another version")
    names = dict.fromkeys(name for row in catalogue.rows for name in row if name != "rebuild")
    turned = [{"": name, **{row["rebuild"]: row.get(name, "") for row in catalogue.rows}} for name in names]
    report(f"incremental_{len(catalogue.memberships)}", turned)


if __name__ == "__main__":
    main()
