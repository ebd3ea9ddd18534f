"""The error of playlists: it names what is wrong and what would be right."""

from __future__ import annotations

from worker.errors import WorkerError


class NotAPlaylist(WorkerError):
    """Something is no playlist of the kind that it should be."""

    code = "not_a_playlist"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"this is no playlist that can be read: {self.detail}; export it again as M3U8, XSPF, JSPF or CSV"
