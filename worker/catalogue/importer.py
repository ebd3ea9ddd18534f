"""A folder of music and a folder of playlists come into the catalogue; whatever stays out is named in the report.

Conventions: the catalogue store is handed in. Tracks are saved batch by batch as they are decoded, concepts at the end:
an interrupted import loses at most one batch of decoding, and the next run goes on, because a file known by its bytes
is not decoded again. Nothing is written before one file gave a sound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from cypher.model import Collection, Concept, Example, Kind, NewConcept
from worker.catalogue.drafts import Draft, Found, from_folders, from_playlists, from_tags
from worker.catalogue.errors import NoUsableAudio, NoUsableConcepts
from worker.catalogue.intake import Intake, KnowsTracks
from worker.catalogue.limits import Limits
from worker.catalogue.listening import Listeners
from worker.catalogue.report import ConceptCount, ImportReport, count_reasons
from worker.catalogue.scan import Scan, real_folder, scan_audio
from worker.catalogue.track_table import Described, TrackLine, describe_tracks, read_track_table
from worker.cleaning import readable
from worker.playlists.matching import Matcher, unique_ids

ConceptsFrom = Literal["folders", "tags"]
OnProgress = Callable[[str, int, int | None], None]
"""(stage, done, total or None); stages are "scan", "listen", "tags" and "save"."""


class Catalogue(KnowsTracks, Protocol):
    """The part of `cypher.catalogue.CatalogueStore` that an import needs."""

    def save_collection(self, collection_id: str, name: str) -> Collection: ...
    def save_concepts(self, collection_id: str, concepts: Sequence[NewConcept]) -> dict[str, str]: ...
    def replace_examples(self, examples: Mapping[str, Sequence[Example]]) -> None: ...
    def concepts(self, collection_id: str) -> list[Concept]: ...


@dataclass(frozen=True, slots=True)
class Target:
    """The collection that the concepts go to; made when it is not there."""

    id: str
    name: str


def import_library(
    catalogue: Catalogue,
    *,
    audio: Sequence[Path],
    collection: Target,
    playlists: Path | None = None,
    concepts_from: ConceptsFrom | None = None,
    tracks: Path | None = None,
    kind: Kind | None = None,
    jobs: int = 2,
    limits: Limits | None = None,
    progress: OnProgress = lambda _stage, _done, _total: None,
) -> ImportReport:
    """Import audio files, and concepts from playlists, folders or tags.

    Args:
        catalogue: where tracks and concepts are kept.
        audio: folders of audio, at least one.
        collection: where the concepts go; not made when there is no source of concepts.
        playlists: folder of M3U, M3U8, XSPF and CSV files.
        concepts_from: the source of concepts when there are no playlists.
        tracks: a table that tells of tracks what their tags do not, see `track_table`.
        kind: of all concepts; default: what they are already; new ones are genre and mood for tags, else other.
        jobs: files decoded at once.
        limits: of one file.
        progress: told what is being done.

    Returns:
        What came in and, one by one, what did not.

    Raises:
        FolderMissing: a folder is not there.
        TrackTableRejected: the table cannot be read; nothing was written.
        NoUsableAudio: not one file gave a sound; nothing was written.
        NoUsableConcepts: the tracks are saved, but no concept has one of them; no concept was written.
    """
    playlist_folder = real_folder(playlists, "playlists") if playlists is not None else None
    lines = read_track_table(tracks) if tracks is not None else []
    progress("scan", 0, None)
    scan = scan_audio(audio)
    progress("scan", len(scan.files), len(scan.files))
    with Listeners(jobs, limits) as listeners:
        intake = Intake(catalogue, listeners)
        intake.take(scan.files, lambda done: progress("listen", done, len(scan.files)))
        _refuse_silence(audio, scan, intake)
        described = _describe(catalogue, tracks, lines, scan, intake)
        if playlist_folder is not None:
            found = from_playlists(playlist_folder, _matcher(catalogue, scan, intake), kind or "other")
        elif concepts_from == "folders":
            found = Found(from_folders(intake.tracks, scan.roots, kind or "other"))
        elif concepts_from == "tags":
            found = Found(from_tags(intake.tags_of_tracks(lambda n, of: progress("tags", n, of)), kind))
        else:
            found = Found([])
    if not found.drafts and (playlist_folder is not None or concepts_from is not None):
        where = readable(playlist_folder or audio[0])
        raise NoUsableConcepts(where, found.playlists, count_reasons(found.left_out))
    concepts, untouched = save_drafts(catalogue, collection, found.drafts, kind, progress)
    return _report(
        collection if found.drafts else None, scan, intake, found, described=described, saved=(concepts, untouched)
    )


def _refuse_silence(audio: Sequence[Path], scan: Scan, intake: Intake) -> None:
    if not intake.tracks:
        reasons = count_reasons([*scan.left_out.values(), *intake.rejected.values()])
        looked_at = len(scan.files) + len(scan.left_out) + scan.others
        raise NoUsableAudio(tuple(map(readable, audio)), looked_at, reasons)


def _describe(
    catalogue: Catalogue, table: Path | None, lines: list[TrackLine], scan: Scan, intake: Intake
) -> Described:
    if table is None:
        return Described()
    matcher, folder = _matcher(catalogue, scan, intake), table.resolve().parent
    return describe_tracks(catalogue, table, lines, lambda line: matcher.match(line.entry, folder))


def _matcher(catalogue: Catalogue, scan: Scan, intake: Intake) -> Matcher:
    by_id = {track.id: track for track in catalogue.tracks(sorted(set(intake.tracks.values())))}
    tracks = [by_id[track_id] for track_id in dict.fromkeys(intake.tracks.values()) if track_id in by_id]
    return Matcher(
        scan,
        intake.tracks,
        isrcs=unique_ids([(track.isrc, track.id) for track in tracks]),
        mbids=unique_ids([(track.mbid, track.id) for track in tracks]),
        left_out={path: item.reason for path, item in (scan.left_out | intake.rejected).items()},
    )


def save_drafts(
    catalogue: Catalogue, collection: Target, drafts: list[Draft], kind: Kind | None, progress: OnProgress
) -> tuple[tuple[ConceptCount, ...], tuple[str, ...]]:
    """Save concepts, then the tracks of each; concepts that this import does not name are left alone."""
    if not drafts:
        return (), ()
    progress("save", 0, len(drafts))
    catalogue.save_collection(collection.id, collection.name)
    known = catalogue.concepts(collection.id)
    before = {concept.id: concept.tracks for concept in known}
    kinds = {concept.source_key: concept.kind for concept in known} if kind is None else {}
    ids = catalogue.save_concepts(
        collection.id,
        [replace(draft.concept, kind=kinds.get(draft.concept.source_key, draft.concept.kind)) for draft in drafts],
    )
    catalogue.replace_examples({ids[draft.concept.source_key]: draft.examples for draft in drafts})
    progress("save", len(drafts), len(drafts))
    counts = tuple(
        ConceptCount(concept_id, draft.concept.name, len(draft.examples), before.get(concept_id))
        for draft in drafts
        for concept_id in [ids[draft.concept.source_key]]
    )
    return counts, tuple(sorted(before.keys() - set(ids.values())))


def _report(
    collection: Target | None,
    scan: Scan,
    intake: Intake,
    found: Found,
    *,
    described: Described,
    saved: tuple[tuple[ConceptCount, ...], tuple[str, ...]],
) -> ImportReport:
    files_left_out = [*scan.left_out.values(), *intake.rejected.values()]
    tracks = set(intake.tracks.values())
    return ImportReport(
        collection=collection.id if collection is not None else None,
        files=len(scan.files) + len(scan.left_out),
        new_files=intake.new_files,
        known_files=intake.known_files,
        copies=intake.copies,
        rejected=len(files_left_out),
        other_files=scan.others,
        tracks=len(tracks),
        new_tracks=len(tracks - intake.known_before),
        decoded=intake.decoded,
        playlists=found.playlists,
        entries=found.entries,
        matched=found.matched,
        entries_repeated=found.repeated,
        entries_left_out=found.entries - sum(found.matched.values()),
        described=described.tracks,
        concepts=saved[0],
        untouched=saved[1],
        left_out=tuple(sorted(files_left_out, key=lambda item: item.name)) + described.left_out + tuple(found.left_out),
        flagged=tuple(intake.flagged),
    )
