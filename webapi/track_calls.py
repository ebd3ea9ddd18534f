"""The client's calls about tracks: written, found, deleted, searched, recommended, and placed as a playlist."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from webapi import schemas
from webapi.schemas import recommending, seconds, sensing, tracks

LONGEST_TITLE = 200
Model = TypeVar("Model", bound=BaseModel)


class TrackCalls(ABC):
    """What `webapi.client.Client` can do with tracks."""

    @abstractmethod
    def send(self, method: str, path: str, model: type[Model], **how: Any) -> Model:
        """Ask, and read the answer."""

    @abstractmethod
    def get(self, path: str, model: type[Model], asked: Mapping[str, Any] | None = None) -> Model:
        """Ask with a query."""

    # --- tracks and placement

    def find_tracks(self, *, isrc: str | None = None, mbid: str | None = None) -> list[schemas.Track]:
        """Tracks by ISRC or MusicBrainz id."""
        return self.get("/tracks", tracks.TrackList, {"isrc": isrc, "mbid": mbid}).items

    def upload_track(self, file: Path, *, title: str | None = None) -> schemas.Job:
        """Send a file of sound; the job that decodes it ends with the track's id, or with the reason why there is none.

        Args:
            file: read as it is sent; its name is not told.
            title: of the track, where the file's tags have none; default: the file's name.
        """
        with file.open("rb") as content:
            headers = {"Content-Type": "application/octet-stream", "Content-Length": str(file.stat().st_size)}
            asked = {"title": (title or file.stem)[:LONGEST_TITLE]}
            return self.send("POST", "/tracks", schemas.Job, params=asked, headers=headers, content=content)

    def save_tracks(self, entries: Sequence[Mapping[str, Any]]) -> tracks.TrackBatchReport:
        """Make tracks, or change what is told of them; each names its `id`."""
        return self.send("PUT", "/tracks", tracks.TrackBatchReport, json={"tracks": [dict(one) for one in entries]})

    def delete_track(self, track_id: str) -> tracks.Deleted:
        """Take a track out of the catalogue; the answer says what remains until when."""
        return self.send("DELETE", f"/tracks/{quote(track_id, safe='')}", tracks.Deleted)

    def explain(self, track_id: str, concept_id: str, *, version: int | None = None) -> seconds.Explanation:
        """In which seconds a track expresses a concept; see `request_explanation`."""
        path = f"/tracks/{quote(track_id, safe='')}/explanations/{quote(concept_id, safe='')}"
        return self.get(path, seconds.Explanation, {"version": version})

    def explanations(self, track_id: str, **more: Any) -> seconds.ExplanationList:
        """The concepts that a track expresses most, and in which seconds; `more` names collection, version, limit."""
        return self.get(f"/tracks/{quote(track_id, safe='')}/explanations", seconds.ExplanationList, more)

    def request_explanation(self, track_ids: Sequence[str], collection: str | None = None) -> schemas.Job:
        """Let a worker listen for the seconds of these tracks; what was listened to is not listened to again."""
        asked = said({"tracks": list(track_ids), "collection": collection})
        return self.send("POST", "/jobs/explanation", schemas.Job, json=asked)

    def sensitivity(self, concept_id: str, *, version: int | None = None) -> sensing.Sensitivity:
        """Which of the network's tags a concept raises; see `request_sensitivity`."""
        path = f"/concepts/{quote(concept_id, safe='')}/sensitivity"
        return self.get(path, sensing.Sensitivity, {"version": version})

    def request_sensitivity(self, concept_ids: Sequence[str], collection: str | None = None) -> schemas.Job:
        """Let a worker measure which tags these concepts raise; what was measured is not measured again."""
        asked = said({"concepts": list(concept_ids), "collection": collection})
        return self.send("POST", "/jobs/sensitivity", schemas.Job, json=asked)

    def place(self, track_ids: Sequence[str], collection: str | None = None) -> tracks.Placement:
        """Where a playlist of these tracks would go, without a rebuild."""
        asked = said({"tracks": list(track_ids), "collection": collection})
        return self.send("POST", "/placements", tracks.Placement, json=asked)

    # --- recommendation

    def search_tracks(self, concepts: Mapping[str, float], **more: Any) -> recommending.FoundTrackPage:
        """Tracks by weights on concepts, best first.

        Args:
            concepts: concept id -> weight, -1..1.
            more: other fields of `webapi.schemas.recommending.TrackSearch`.
        """
        weighted = [{"concept": one, "weight": weight} for one, weight in concepts.items()]
        return self.send(
            "POST", "/track-searches", recommending.FoundTrackPage, json={"concepts": weighted, **said(more)}
        )

    def recommend(
        self,
        *,
        tracks: Sequence[str] = (),
        isrcs: Sequence[str] = (),
        mbids: Sequence[str] = (),
        playlists: Sequence[str] = (),
        concepts: Mapping[str, float] | None = None,
        session: Sequence[Mapping[str, str]] = (),
        **more: Any,
    ) -> recommending.RecommendationList:
        """Tracks for these seeds and this session, each with what speaks for it.

        Args:
            tracks: ids of seed tracks.
            isrcs: of seed tracks, with or without hyphens.
            mbids: MusicBrainz recording ids of seed tracks, or addresses that end in one.
            playlists: ids of concepts whose given tracks are seeds.
            concepts: concept id -> weight, -1..1.
            session: `{"feedback": "like" | "dislike", "track" | "concept": id}`, all of them so far.
            more: other fields of `webapi.schemas.recommending.RecommendationRequest`.
        """
        weighted = [{"concept": one, "weight": weight} for one, weight in (concepts or {}).items()]
        coded = {"isrcs": list(isrcs), "mbids": list(mbids)}
        seeds = {"tracks": list(tracks), **coded, "playlists": list(playlists), "concepts": weighted}
        asked = {"seeds": seeds, "session": [dict(one) for one in session], **said(more)}
        return self.send("POST", "/recommendations", recommending.RecommendationList, json=asked)


def said(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was left open."""
    return {name: value for name, value in asked.items() if value is not None}
