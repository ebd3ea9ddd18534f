"""Hear one shard of the tracks: decode, run the network, store what it says. A bad file is named and stops nothing."""

from __future__ import annotations

from pathlib import Path

from worker.activations.compute import Decoded, compute
from worker.catalogue.audio import Decoder
from worker.catalogue.locations import path_of
from worker.jobs.builds import disk_full_named
from worker.jobs.catalogue_copy import CatalogueCopy
from worker.jobs.context import StageContext, StageResult

NO_FILE = "no_file"
"""The track's address is no file of this machine."""
CHANGED = "changed"
"""The file holds another sound than when it was imported; import it again."""


def run(context: StageContext) -> StageResult:
    """Compute what the store still lacks of this shard; the network is loaded only when there is something."""
    plan = context.result("scan")
    shards: list[list[str]] = context.builds.read_json(plan["shards"], written_by="scan")
    wanted = shards[context.step.shard] if context.step.shard < len(shards) else []
    missing = context.store.missing(wanted)
    reused = len(wanted) - len(missing)
    if not missing:
        return StageResult({"computed": 0, "reused": reused, "failures": {}})
    paths, failures = _locate(CatalogueCopy.load(context.builds, plan["catalogue"]), missing)
    with Decoder() as decoder, disk_full_named(context.store.folder):
        report = compute(
            list(paths.items()),
            context.backbone(),
            context.store,
            decoder,
            context.advance,
            shard_tracks=max(len(paths), 1),
            verify=_same_sound,
        )
    values = {
        "computed": report.computed,
        "reused": reused + report.reused,
        "failures": {**failures, **report.failures},
    }
    return StageResult(values)


def _locate(copy: CatalogueCopy, track_ids: list[str]) -> tuple[dict[str, Path], dict[str, str]]:
    uris = {track.id: track.uri for track in copy.tracks}
    paths: dict[str, Path] = {}
    failures: dict[str, str] = {}
    for track_id in track_ids:
        try:
            paths[track_id] = path_of(uris[track_id])
        except ValueError:
            failures[track_id] = NO_FILE
    return paths, failures


def _same_sound(track_id: str, sound: Decoded) -> str | None:
    """A reason not to trust the file, or None."""
    found = getattr(sound, "track_id", track_id)
    return None if found == track_id else CHANGED
