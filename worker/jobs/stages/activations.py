"""Hear one shard of the tracks: decode, run the network, store what it says. A bad file is named and stops nothing.

Activations from outside are there or not: nothing is computed, and a track without any is named and left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from worker.activations.compute import compute
from worker.activations.outside import is_outside
from worker.catalogue.audio import Decoder, Sound
from worker.catalogue.errors import AudioRejected
from worker.catalogue.locations import path_of
from worker.jobs.builds import disk_full_named
from worker.jobs.catalogue_copy import CatalogueCopy
from worker.jobs.context import StageContext, StageResult
from worker.reasons import Reason

NO_FILE = "no_file"
"""The track's address is no file of this machine."""
NOT_GIVEN = "no_activations"
"""Nobody brought activations of the track from outside."""


@dataclass(frozen=True, slots=True)
class SameSound:
    """A decoder that refuses a file whose sound is not the one that was imported from there."""

    decoder: Decoder
    track_ids: Mapping[Path, str]

    def decode(self, path: Path) -> Sound:
        """Decode the file.

        Raises:
            AudioRejected: it gives no sound, or another one than the catalogue says.
        """
        sound = self.decoder.decode(path)
        if sound.track_id != self.track_ids[path]:
            raise AudioRejected(Reason.CHANGED, path)
        return sound


def run(context: StageContext) -> StageResult:
    """Compute what the store still lacks of this shard; the network is loaded only when there is something."""
    plan = context.result("scan")
    shards: list[list[str]] = context.builds.read_json(plan["shards"], written_by="scan")
    wanted = shards[context.step.shard] if context.step.shard < len(shards) else []
    missing = context.store.missing(wanted)
    reused = len(wanted) - len(missing)
    if not missing:
        return StageResult({"computed": 0, "reused": reused, "failures": {}})
    if is_outside(context.settings.backbone):
        return StageResult({"computed": 0, "reused": reused, "failures": dict.fromkeys(missing, NOT_GIVEN)})
    paths, failures = locate(CatalogueCopy.load(context.builds, plan["catalogue"]), missing)
    with Decoder() as decoder, disk_full_named(context.store.folder):
        report = compute(
            list(paths.items()),
            context.backbone(),
            context.store,
            SameSound(decoder, {path: track_id for track_id, path in paths.items()}),
            context.advance,
            shard_tracks=max(len(paths), 1),
        )
    values = {
        "computed": report.computed,
        "reused": reused + report.reused,
        "failures": {**failures, **report.failures},
    }
    return StageResult(values)


def locate(copy: CatalogueCopy, track_ids: list[str]) -> tuple[dict[str, Path], dict[str, str]]:
    """Where the tracks' files lie, and the reason of each that has none here."""
    uris = {track.id: track.uri for track in copy.tracks}
    paths: dict[str, Path] = {}
    failures: dict[str, str] = {}
    for track_id in track_ids:
        try:
            paths[track_id] = path_of(uris[track_id])
        except ValueError:
            failures[track_id] = NO_FILE
    return paths, failures
