"""A folder becomes a list of audio files, in one order whatever the disk's, without leaving the folder.

Conventions: paths are absolute and real (no link in them), sorted by their bytes. Names that begin with a dot are
passed over. Links are not followed: one that leads to a file inside is remembered as another name of it, one that leads
out is reported. What is no audio by content is reported when its name says that it is meant to be; other files (covers,
texts, playlists) are counted.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from worker.catalogue.container import sniff
from worker.catalogue.errors import AudioRejected, FolderMissing
from worker.catalogue.files import open_regular
from worker.cleaning import readable
from worker.reasons import Reason

# fmt: off
AUDIO_SUFFIXES = frozenset((
    ".aac", ".aif", ".aifc", ".aiff", ".alac", ".ape", ".au", ".caf", ".flac", ".m4a",
    ".m4b", ".mka", ".mp+", ".mp2", ".mp3", ".mp4", ".mpc", ".oga", ".ogg", ".opus",
    ".ra", ".spx", ".tak", ".tta", ".w64", ".wav", ".wave", ".webm", ".wma", ".wv",
))
# fmt: on
"""Names that promise sound, whether or not it can be read here."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One thing that did not come in (or, for flags, what is odd about one that did)."""

    name: str
    """A path, or `playlist:line`; always printable."""
    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.name} {self.reason.sentence}{detail}; {self.reason.remedy}"


@dataclass(frozen=True, slots=True)
class Root:
    """A folder as it was named and as it really lies."""

    given: Path
    real: Path


@dataclass(slots=True)
class Scan:
    """What a walk through the folders found."""

    roots: tuple[Root, ...]
    files: list[Path] = field(default_factory=list)
    """Audio by content, sorted, each once."""
    aliases: dict[Path, Path] = field(default_factory=dict)
    """Link inside the folders -> the file inside that it leads to."""
    left_out: dict[Path, LeftOut] = field(default_factory=dict)
    others: int = 0
    """Files that neither are nor claim to be audio."""

    def holds(self, path: Path) -> bool:
        """Whether the path lies within one of the folders."""
        return any(path.is_relative_to(root.real) for root in self.roots)


def real_folder(path: Path, what: str) -> Path:
    """The real path of a folder that the user named.

    Raises:
        FolderMissing: it is not there, is no folder or may not be read.
    """
    try:
        real = Path(os.path.realpath(path, strict=True))
        with os.scandir(real):
            return real
    except (OSError, ValueError) as error:
        raise FolderMissing(path, what) from error


def scan_audio(folders: Sequence[Path]) -> Scan:
    """Walk through the folders.

    Args:
        folders: at least one; may overlap.

    Raises:
        FolderMissing: one of them is not there.
    """
    roots = tuple(Root(Path(os.path.normpath(folder.absolute())), real_folder(folder, "audio")) for folder in folders)
    scan = Scan(roots)
    links: list[Path] = []
    seen: set[Path] = set()
    for root in roots:
        _walk(root.real, scan, links, seen)
    for link in links:
        _resolve(link, scan)
    scan.files.sort(key=os.fsencode)
    return scan


def _walk(root: Path, scan: Scan, links: list[Path], seen: set[Path]) -> None:
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        if folder in seen:
            continue
        seen.add(folder)
        try:
            with os.scandir(folder) as listing:
                entries = [entry for entry in listing if not entry.name.startswith(".")]
        except OSError as error:
            _leave_out(scan, folder, Reason.UNREADABLE, os.strerror(error.errno or 0))
            continue
        for entry in entries:
            path = Path(entry.path)
            if entry.is_symlink():
                links.append(path)
            elif entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif path not in seen:
                seen.add(path)
                _judge(path, scan)


def _judge(path: Path, scan: Scan) -> None:
    """Keep a file, report it or count it."""
    claims = path.suffix.lower() in AUDIO_SUFFIXES
    try:
        with open_regular(path) as file:
            kind = sniff(file)
    except AudioRejected as rejected:
        if claims or rejected.code not in {Reason.EMPTY, Reason.NOT_A_FILE}:
            _leave_out(scan, path, rejected.code, rejected.detail)
        else:
            scan.others += 1
        return
    except OSError as error:
        _leave_out(scan, path, Reason.UNREADABLE, os.strerror(error.errno or 0))
        return
    if kind is not None:
        scan.files.append(path)
    elif claims:
        _leave_out(scan, path, Reason.NOT_AUDIO)
    else:
        scan.others += 1


def _resolve(link: Path, scan: Scan) -> None:
    """Say where a link leads, without opening anything."""
    try:
        target = Path(os.path.realpath(link, strict=True))
    except OSError:
        _leave_out(scan, link, Reason.BROKEN_LINK)
        return
    if not scan.holds(target):
        _leave_out(scan, link, Reason.LINK_OUTSIDE)
    elif target.is_file():
        scan.aliases[link] = target


def _leave_out(scan: Scan, path: Path, reason: Reason, detail: str = "") -> None:
    scan.left_out[path] = LeftOut(readable(path), reason, detail)


def list_files(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """Files below a real folder by the ending of their names, sorted; hidden ones and links are passed over."""
    found: list[Path] = []
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as listing:
                entries = [entry for entry in listing if not entry.name.startswith(".") and not entry.is_symlink()]
        except OSError:
            continue
        waiting += [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        found += [Path(entry.path) for entry in entries if entry.name.lower().endswith(tuple(suffixes))]
    return sorted(found, key=os.fsencode)
