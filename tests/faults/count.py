"""The promised counts, on the stack of AUDIO_CONCEPTS_HOME, whose graph is EMPTIED: give it a home of its own.

    audio-concepts up --only neo4j,redis
    python -m tests.faults.count --rebuilds 30 --kills 12 --cancels 20

A rebuild has ten steps, so 30 of them are 300. Prints one row a promise; exit code 1 when one is broken.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.measure import report
from tests.faults.harness import effects, rebuilds_under_kills, scene
from tests.faults.test_cancelled import cancel_at_random_moments
from tests.jobs.workers import Crew
from worker.settings import load_settings


def kills_row(settings, folder: Path, rebuilds: int, kills: int) -> dict[str, object]:
    """Rebuilds under kill -9 against the same rebuilds in calm."""
    seeds = list(range(1, rebuilds + 1))
    with scene(settings, folder / "calm") as bench:
        calm = [bench.result(bench.rebuild(seed=seed), "publish")["sha256"] for seed in seeds]
        wanted = effects(bench)
    began = time.monotonic()
    with scene(settings, folder / "faults") as bench, Crew(bench, folder) as crew:
        found = rebuilds_under_kills(crew, seeds, kills, seed=1)
        return {
            "promise": "kill -9 of workers",
            "tried": f"{found.kills} kills, {rebuilds} rebuilds, {found.taken_over} steps taken over",
            "kept": f"{found.steps} of {10 * rebuilds} steps, {sum(map(str.__eq__, found.shas, calm))} sha256 equal",
            "broken": len(found.failures) + (found.shas != calm) + (effects(bench) != wanted),
            "seconds": round(time.monotonic() - began),
        }


def cancels_row(settings, folder: Path, moments: int) -> dict[str, object]:
    """Cancelling at random moments; what is left behind raises."""
    began = time.monotonic()
    with scene(settings, folder / "cancelled") as bench, Crew(bench, folder) as crew:
        found = cancel_at_random_moments(bench, crew, moments, seed=1)
    cancelled = [seconds for state, seconds in found if state == "cancelled"]
    return {
        "promise": "cancel at a random moment",
        "tried": f"{moments} jobs",
        "kept": f"{len(cancelled)} cancelled, slowest {max(cancelled):.1f} s, the others had ended; nothing staged",
        "broken": 0,
        "seconds": round(time.monotonic() - began),
    }


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("--rebuilds", type=int, default=30)
    asked.add_argument("--kills", type=int, default=12)
    asked.add_argument("--cancels", type=int, default=20)
    wanted = asked.parse_args()
    settings, rows = load_settings(), []
    with tempfile.TemporaryDirectory() as name:
        if wanted.rebuilds:
            rows.append(kills_row(settings, Path(name), wanted.rebuilds, wanted.kills))
        if wanted.cancels:
            rows.append(cancels_row(settings, Path(name), wanted.cancels))
    report("faults", rows)
    return int(any(row["broken"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
