"""What a file's tags say, as strings that any store and page can hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tags:
    """Sanitised tags; an absent one is empty."""

    title: str = ""
    artist: str = ""
    album: str = ""
    isrc: str = ""
    """12 characters, upper case, without hyphens."""
    mbid: str = ""
    """MusicBrainz recording id: a lower-case UUID."""
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
