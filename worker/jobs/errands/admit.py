"""Decode a file that was uploaded and make a track of it; what gives no sound is deleted, with the reason told.

Why the sound is decoded before the file is moved, and moved before the track is saved: a track never names a file that
is not there, and whoever is killed in between finds the file at one of its two places when he begins again.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from cypher.catalogue import CatalogueStore
from cypher.model import AudioFile, Track
from worker.catalogue.container import sniff
from worker.catalogue.errors import AudioRejected
from worker.catalogue.files import open_regular
from worker.catalogue.intake import track_of
from worker.catalogue.listening import Heard, Listeners
from worker.catalogue.locations import path_of, uri_of
from worker.jobs.context import ErrandContext, StageResult
from worker.jobs.errors import UploadGone
from worker.jobs.kinds import AdmissionWork
from worker.jobs.quarantine import Quarantine
from worker.reasons import Reason


def run(context: ErrandContext) -> StageResult:
    """Admit the file, or delete it.

    Raises:
        AudioRejected: it gives no sound; its code is the reason.
        UploadGone: it is in neither place, for it waited too long.
    """
    asked = AdmissionWork.model_validate(context.job.parameters)
    catalogue, quarantine = context.graph.catalogue, Quarantine(context.data)
    sweep(catalogue, quarantine)
    received = quarantine.path(asked.file)
    source = received if received.is_file() else quarantine.admitted(asked.sha256)
    if source is None:
        raise UploadGone(asked.file)
    context.advance(0, 1)
    try:
        heard, form = _listen(source, asked)
    except AudioRejected as rejected:
        source.unlink(missing_ok=True)
        raise AudioRejected(rejected.code, Path(asked.title), rejected.detail) from rejected
    track_id = heard.facts.track_id
    before = next(iter(catalogue.tracks([track_id])), None)
    if before is not None and _has_file(before) and path_of(before.uri) != source:
        source.unlink(missing_ok=True)
        catalogue.save_tracks([], [AudioFile(asked.sha256, track_id, before.uri, asked.bytes)])
    else:
        uri = uri_of(quarantine.admit(source, asked.sha256, form).absolute())
        track = track_of(heard, uri, asked.title) if before is None else dataclasses.replace(before, uri=uri)
        catalogue.save_tracks([track], [AudioFile(asked.sha256, track_id, uri, asked.bytes)])
    context.advance(1, 1)
    flags = [str(flag) for flag in heard.flags]
    return StageResult({"track": track_id, "is_new": before is None, "flags": flags})


def sweep(catalogue: CatalogueStore, quarantine: Quarantine) -> int:
    """Delete what killed processes and deleted tracks left a day ago or longer; returns how many files."""
    stale = quarantine.stale()
    hashes = {path: path.stem for path in stale if path.parent == quarantine.uploads}
    known = catalogue.known_files(sorted(set(hashes.values())))
    doomed = [path for path in stale if hashes.get(path) not in known]
    for path in doomed:
        path.unlink(missing_ok=True)
    return len(doomed)


def _listen(source: Path, asked: AdmissionWork) -> tuple[Heard, str]:
    """What the file sounds like, and its format; decoded in a child process with limits.

    Raises:
        AudioRejected: it gives no sound, or is not what was received.
    """
    with Listeners(1) as listeners:
        [bytes_now], [heard] = listeners.hash([source]), listeners.listen([source])
        if bytes_now.result().sha256 != asked.sha256:
            raise AudioRejected(Reason.CHANGED, source)
        found = heard.result()
    with open_regular(source) as file:
        return found, sniff(file) or "audio"


def _has_file(track: Track) -> bool:
    try:
        return os.path.lexists(path_of(track.uri))
    except ValueError:
        return False
