"""The errors of the catalogue: each names the thing and the remedy."""

from __future__ import annotations

from pathlib import Path

from worker.cleaning import readable
from worker.errors import WorkerError
from worker.reasons import Reason


class AudioRejected(WorkerError):
    """A file gives no sound; `code` is the reason, `detail` what the decoder said."""

    code: Reason

    def __init__(self, code: Reason, path: Path, detail: str = "") -> None:
        super().__init__(code, path, detail)
        self.code, self.path, self.detail = code, path, detail

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{readable(self.path)} {self.code.sentence}{detail}; {self.code.remedy}"


class DecoderMissing(WorkerError):
    """The decoder's process does not start: the installation is at fault, not a file."""

    code = "decoder_missing"

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said

    def __str__(self) -> str:
        return f"the decoder does not start ({self.said}); install what it needs: pip install 'audio-concepts[worker]'"


class PlaylistRejected(WorkerError):
    """A playlist cannot be read at all."""

    code: Reason = Reason.PLAYLIST_UNREADABLE

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return f"{readable(self.path)} {self.code.sentence} ({self.detail}); {self.code.remedy}"


class FolderMissing(WorkerError):
    """A folder that the import was pointed at is not there or is no folder."""

    code = "folder_missing"

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(path, what)
        self.path, self.what = path, what

    def __str__(self) -> str:
        return (
            f"{readable(self.path)} is not a folder that can be read; "
            f"point --{self.what} at the folder with your {self.what}"
        )


class NoUsableAudio(WorkerError):
    """Not one file of the audio folders gave a sound."""

    code = "no_usable_audio"

    def __init__(self, folders: tuple[str, ...], looked_at: int, reasons: dict[str, int]) -> None:
        super().__init__(folders, looked_at, reasons)
        self.folders, self.looked_at, self.reasons = folders, looked_at, reasons

    def __str__(self) -> str:
        where = ", ".join(self.folders)
        if not self.looked_at:
            return f"{where} holds no files; point --audio at a folder with WAV, FLAC, OGG, Opus or MP3 files"
        counts = ", ".join(f"{count} {code}" for code, count in sorted(self.reasons.items())) or "none is audio"
        return (
            f"none of the {self.looked_at} files in {where} gave a sound ({counts}); see --report FILE for each of them"
        )


class NoUsableConcepts(WorkerError):
    """The tracks came in, but no playlist, folder or tag holds one of them."""

    code = "no_usable_concepts"

    def __init__(self, source: str, looked_at: int, reasons: dict[str, int]) -> None:
        super().__init__(source, looked_at, reasons)
        self.source, self.looked_at, self.reasons = source, looked_at, reasons

    def __str__(self) -> str:
        if not self.looked_at:
            return (
                f"{self.source} gives no concept; "
                "point --playlists at M3U, M3U8, XSPF, JSPF or CSV files, or choose another --concepts-from"
            )
        counts = ", ".join(f"{count} {code}" for code, count in sorted(self.reasons.items()))
        return (
            f"no track of the {self.looked_at} playlists in {self.source} was found ({counts}); "
            "their paths must lead into the --audio folders: see --report FILE for each entry"
        )


class TrackTableRejected(WorkerError):
    """A file that should tell of tracks does not."""

    code = "track_table_rejected"

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return (
            f"{self.path} tells nothing of tracks: {self.detail}; write CSV with a header line that names "
            "path, isrc, mbid or track, and title, artist, album, work, year, popularity, or a second code"
        )


class PickleRefused(WorkerError):
    """A file of pickled objects holds more than data, or is damaged."""

    code = "pickle_refused"

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return (
            f"{self.path} is not read: {self.detail}; fetch it again if it came from elsewhere, or "
            "save it anew as dictionaries of texts, numbers and plain arrays, or as JSON, CSV, npz or Parquet"
        )


class MembershipsRejected(WorkerError):
    """A file that should say which track belongs to which concept does not."""

    code = "memberships_rejected"

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return (
            f"{self.path} gives no memberships: {self.detail}; "
            "write CSV or Parquet with the columns concept and track, or JSON {concept: [track, ...]}"
        )
