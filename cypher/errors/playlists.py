"""What can be wrong with a playlist. Conventions: as in `cypher.errors`."""

from __future__ import annotations

from cypher.errors.root import GraphError


class UnknownPlaylist(GraphError):
    """There is no playlist of that id, or it was deleted."""

    code = "unknown_playlist"

    def __init__(self, playlist: str) -> None:
        super().__init__(playlist)
        self.playlist = playlist

    def __str__(self) -> str:
        return f"there is no playlist {self.playlist!r}; `GET /playlists` lists those there are"


class PlaylistMoved(GraphError):
    """A playlist is no longer what it was when it was looked at."""

    code = "playlist_moved"

    def __init__(self, playlist: str) -> None:
        super().__init__(playlist)
        self.playlist = playlist

    def __str__(self) -> str:
        return f"playlist {self.playlist!r} was changed meanwhile; get it again, and send its new ETag as If-Match"
