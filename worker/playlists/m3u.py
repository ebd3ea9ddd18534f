"""M3U and M3U8: one location a line, with what players read of it in lines that begin with `#`.

Read: `#EXTINF:seconds,Artist - Title`, `#PLAYLIST:name` and the lines below; others are passed over. LF, CRLF or CR.
Written besides, before the `#EXTINF` of their entry and comments to players: `#TRACK:`, `#ISRC:`, `#MBID:`, `#ADDED:`,
and `#ARTIST:` where ` - ` alone would not part artist and title. An entry that lies nowhere has no location line. The
format has one location an entry: the first.

Source: none for the family; https://en.wikipedia.org/wiki/M3U lists the lines that players know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from worker.cleaning import clean, clean_isrc, clean_mbid
from worker.playlists.entries import Entry, Listing, listing, moment

_OWN = {"#TRACK:": "track", "#ISRC:": "isrc", "#MBID:": "mbid", "#ADDED:": "added_at", "#ARTIST:": "artist"}
_BETWEEN = " - "
_UNFIT = re.compile(r"[\x00-\x1f\x7f]|^#|^[ \t]+|[ \t]+$")


@dataclass(slots=True)
class _Pending:
    """What was said of the entry whose location is still to come."""

    said: dict[str, str] = field(default_factory=dict)
    display: str | None = None
    """Behind the comma of `#EXTINF`; None before that line."""

    @property
    def says_something(self) -> bool:
        return bool(self.display or self.said)

    def entry(self, line: int, location: str = "") -> Entry:
        artist, title = _parted(self.display or "", self.said.get("artist"))
        return Entry(
            line,
            (location,) if location else (),
            clean(title),
            clean(artist),
            clean_isrc(self.said.get("isrc", "")),
            clean_mbid(self.said.get("mbid", "")),
            moment(self.said.get("added_at", "")),
            self.said.get("track", ""),
        )


def read_m3u(text: str) -> list[Listing]:
    """The one playlist of a text."""
    name, pending, entries = "", _Pending(), []
    number = 0
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        stripped = line.strip(" \t")
        own = next((prefix for prefix in _OWN if stripped.startswith(prefix)), None)
        if (own or stripped.startswith("#EXTINF:")) and pending.display is not None:
            if pending.says_something:
                entries.append(pending.entry(number - 1))  # its location never came
            pending = _Pending()
        if own:
            pending.said[_OWN[own]] = clean(stripped.removeprefix(own))
        elif stripped.startswith("#EXTINF:"):
            pending.display = stripped.partition(",")[2]
        elif stripped.startswith("#PLAYLIST:"):
            name = clean(stripped.removeprefix("#PLAYLIST:"))
        elif stripped and not stripped.startswith("#"):
            entries.append(pending.entry(number, stripped))
            pending = _Pending()
    if pending.says_something:
        entries.append(pending.entry(number))
    return [listing(name, entries)]


def write_m3u(given: Listing) -> str:
    """A playlist as text, to be encoded as UTF-8."""
    lines = ["#EXTM3U"]
    if given.name:
        lines.append(f"#PLAYLIST:{given.name}")
    for entry in given.entries:
        said = {prefix: getattr(entry, noun) for prefix, noun in _OWN.items() if noun != "artist"}
        lines += [f"{prefix}{text}" for prefix, text in said.items() if text]
        display = f"{entry.artist}{_BETWEEN}{entry.title}" if entry.artist else entry.title
        if _parted(display.strip(), None) != (entry.artist, entry.title):
            lines.append(f"#ARTIST:{entry.artist}")
        lines.append(f"#EXTINF:{round(entry.duration_s) or -1},{display}")
        lines += [_UNFIT.sub(lambda found: _percent(found[0]), location) for location in entry.locations[:1]]
    return "\n".join(lines) + "\n"


def _parted(display: str, artist: str | None) -> tuple[str, str]:
    """Artist and title; `artist` when a line of its own names it."""
    if artist is not None:
        if not artist:
            return "", display
        if display == f"{artist} -":  # without a title
            return artist, ""
        if display.startswith(f"{artist}{_BETWEEN}"):
            return artist, display.removeprefix(f"{artist}{_BETWEEN}")
    found, _, title = display.rpartition(_BETWEEN)
    return found, title


def _percent(characters: str) -> str:
    return "".join(f"%{ord(one):02X}" for one in characters)
