"""What an import did, with every file and entry that stayed out.

Conventions: counts are files unless they say otherwise, and add up: `files == new_files + known_files + copies +
rejected`, and `entries == sum(matched.values()) + entries_left_out`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from worker.catalogue.scan import LeftOut


@dataclass(frozen=True, slots=True)
class ConceptCount:
    """One concept as it stands after the import."""

    id: str
    name: str
    tracks: int
    tracks_before: int | None
    """None for a concept that is new."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The whole account of one import."""

    collection: str | None
    """Id of the collection; None when only tracks were imported."""
    files: int
    """Everything that is or claims to be audio, left-out ones included."""
    new_files: int
    """Decoded, and a sound that was not known."""
    known_files: int
    """Known by their bytes: not decoded."""
    copies: int
    """Decoded, and a sound that was known or came twice."""
    rejected: int
    other_files: int
    """Covers, texts, playlists: neither audio nor named so; not in `files`."""
    tracks: int
    """Different sounds among the files."""
    new_tracks: int
    decoded: int
    """Files that went through the decoder, rejected ones included."""
    playlists: int
    entries: int
    matched: dict[str, int]
    """Playlist entries found, by path, ending, isrc or mbid."""
    entries_repeated: int
    """Of the matched ones, those that named a track twice in one playlist."""
    entries_left_out: int
    described: int
    """Tracks that a table of tracks told of."""
    concepts: tuple[ConceptCount, ...]
    untouched: tuple[str, ...]
    """Ids of concepts of the collection that this import did not name; they keep their tracks."""
    left_out: tuple[LeftOut, ...]
    flagged: tuple[LeftOut, ...]
    """Files that are used although something is odd about them; judged when decoded, so known files have none."""

    def reasons(self) -> dict[str, int]:
        """How many files, playlists and entries were left out for each reason."""
        return count_reasons(self.left_out)

    def as_json(self) -> dict[str, Any]:
        """The report as JSON, each item with its sentence and remedy."""
        plain = asdict(self)
        plain["left_out"] = [explained(item) for item in self.left_out]
        plain["flagged"] = [explained(item) for item in self.flagged]
        plain["reasons"] = self.reasons()
        return plain


def count_reasons(items: Iterable[LeftOut]) -> dict[str, int]:
    """How often each reason code occurs, by code."""
    return dict(sorted(Counter(item.reason.value for item in items).items()))


def explained(item: LeftOut) -> dict[str, str]:
    reason = item.reason
    return {
        "name": item.name,
        "reason": reason.value,
        "sentence": reason.sentence,
        "remedy": reason.remedy,
        "detail": item.detail,
    }
