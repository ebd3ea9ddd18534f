"""The table of hostile files: `python -m tests.catalogue.report_hostile_files [--json FILE]`.

One decoder, as an import uses it, meets every file of `hostile` and what is no file at all; a good one comes after
every fifth, and must give the bits that it gives alone. A line is what became of a file, the milliseconds it took and
the MiB by which the child's memory rose above idle while it did (its peak is reset before each file; needs Linux).
Exits with 1 when a verdict is not the expected one, a good file changed, or the child had to be started again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.catalogue.hostile import CASES, FORMATS, Expected, encoded, outcome, pcm, peak_mib, sound, sparse_wav
from worker.catalogue.audio import Decoder

BETWEEN_GOOD = 5
RESET_PEAK = "5"


def contents(folder: Path) -> Iterator[tuple[str, Path, Expected]]:
    """Name, path and expected verdict of every file with a content of its own."""
    for name, (make, expected) in CASES.items():
        path = folder / f"{name}.mp3"
        path.write_bytes(make(folder / "maker"))
        yield name, path, expected


def no_files(folder: Path) -> Iterator[tuple[str, Path, Expected]]:
    """The same of what only looks like one, and of files that are merely large."""
    os.mkfifo(folder / "pipe.wav")
    (folder / "good.wav").write_bytes(pcm())
    (folder / "link.wav").symlink_to(folder / "good.wav")
    (folder / "loop.wav").symlink_to(folder / "loop.wav")
    (folder / "dangling.wav").symlink_to(folder / "nowhere.wav")
    strange = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9 \xff\n\x1b[31m.wav"))
    strange.write_bytes(pcm())
    for name in ("pipe", "link", "loop", "dangling"):
        yield name, folder / f"{name}.wav", "not_a_file"
    yield "device", Path("/dev/zero"), "not_a_file"
    yield "folder", folder, "not_a_file"
    yield "file-that-is-gone", folder / "gone.wav", "unreadable"
    yield "name-in-no-encoding", strange, set()
    for name, seconds, rate, channels, flags in (
        ("hour-of-48-khz-stereo", 3600, 48_000, 2, {"silent", "cut"}),
        ("20-minutes-of-192-khz-stereo", 1200, 192_000, 2, {"silent", "cut"}),
        ("20-minutes-of-96-khz-in-8-channels", 1200, 96_000, 8, {"silent"}),
    ):
        sparse_wav(folder / f"{name}.wav", seconds, rate=rate, channels=channels)
        yield name, folder / f"{name}.wav", flags


def good_files(folder: Path) -> dict[str, str]:
    """Paths of good files, one a format, and the hash of what each sounds like alone."""
    alone = {}
    with Decoder(ffmpeg="") as decoder:
        for name in FORMATS:
            path = folder / f"good-{name}"
            path.write_bytes(encoded(folder / "maker", name, sound(channels=2)))
            alone[str(path)] = _bits(decoder, path)
    return alone


def _bits(decoder: Decoder, path: Path) -> str:
    found = decoder.decode(path)
    return f"{found.sound_sha256} {hash(found.samples.tobytes())}"


def measured(folder: Path) -> tuple[list[dict[str, object]], dict[str, object]]:
    """The table, and what it comes to."""
    alone = good_files(folder)
    good, rows, changed, spent = list(alone), [], 0, 0.0
    with Decoder(ffmpeg="") as decoder:
        decoder.facts(Path(good[0]))
        first_pid = pid = decoder._child.pid
        idle = peak_mib(pid, "VmRSS")
        for number, (name, path, expected) in enumerate((*contents(folder), *no_files(folder)), start=1):
            Path(f"/proc/{pid}/clear_refs").write_text(RESET_PEAK)
            before = time.perf_counter()
            found = outcome(decoder, path)
            took = time.perf_counter() - before
            spent += took
            grown = max(peak_mib(pid) - idle, 0.0) if decoder._child is not None else float("nan")
            said = found if isinstance(found, str) else "used: " + (", ".join(sorted(found)) or "nothing odd")
            expectation = "" if found == expected else f"expected {expected}"
            rows.append({"file": name, "verdict": said, "ms": took * 1e3, "mib": grown, "wrong": expectation})
            if number % BETWEEN_GOOD == 0:
                beside = good[number // BETWEEN_GOOD % len(good)]
                changed += _bits(decoder, Path(beside)) != alone[beside]
            pid = decoder._child.pid if decoder._child is not None else pid
        restarted = decoder._child is None or decoder._child.pid != first_pid
    small = [row for row in rows if not row["file"].startswith(("hour", "20-minutes"))]
    return rows, {
        "files": len(rows),
        "left_out": sum(not row["verdict"].startswith("used") for row in rows),
        "used_and_flagged": sum(row["verdict"].startswith("used") and "nothing" not in row["verdict"] for row in rows),
        "total_s": spent,
        "slowest_ms": max(row["ms"] for row in rows),
        "peak_mib_above_idle": max(row["mib"] for row in rows),
        "peak_mib_above_idle_of_all_but_the_long_ones": max(row["mib"] for row in small),
        "good_files_changed": changed,
        "good_files_compared": len(rows) // BETWEEN_GOOD,
        "child_restarted": restarted,
        "wrong": sum(bool(row["wrong"]) for row in rows),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", type=Path, metavar="FILE", help="store the table as JSON too")
    stored = options.parse_args().json
    with tempfile.TemporaryDirectory() as name:
        rows, total = measured(Path(name))
    width = max(len(row["file"]) for row in rows)
    for row in rows:
        sys.stdout.write(f"{row['file']:{width}}  {row['ms']:8.1f} ms {row['mib']:7.1f} MiB  {row['verdict']}")
        sys.stdout.write(f"  WRONG: {row['wrong']}\n" if row["wrong"] else "\n")
    sys.stdout.write("".join(f"{key.replace('_', ' ')}: {round(value, 1)}\n" for key, value in total.items()))
    if stored is not None:
        stored.write_text(json.dumps({"total": total, "files": rows}, indent=1) + "\n")
    if total["wrong"] or total["good_files_changed"] or total["child_restarted"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
