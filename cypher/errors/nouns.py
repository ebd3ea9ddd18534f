"""Nouns that are not there. Conventions: as in `cypher.errors`."""

from __future__ import annotations

from cypher.errors.root import GraphError


class UnknownCollection(GraphError):
    code = "unknown_collection"

    def __init__(self, collection: str | None) -> None:
        super().__init__(collection)
        self.collection = collection

    def __str__(self) -> str:
        if self.collection is None:
            return "there is no collection yet; make one with `audio-concepts import` or `audio-concepts demo`"
        return f"there is no collection {self.collection!r}; `GET /collections` lists those there are"


class UnknownConcept(GraphError):
    code = "unknown_concept"

    def __init__(self, concept: str, collection: str | None = None) -> None:
        super().__init__(concept, collection)
        self.concept, self.collection = concept, collection

    def __str__(self) -> str:
        where = f" in collection {self.collection!r}" if self.collection is not None else ""
        return f"there is no concept {self.concept!r}{where}; `GET /concepts` lists those there are"


class UnknownKey(GraphError):
    code = "unknown_key"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key

    def __str__(self) -> str:
        return f"there is no API key {self.key!r}; `audio-concepts keys list` shows those there are"


class UnknownTrack(GraphError):
    code = "unknown_track"

    def __init__(self, track: str) -> None:
        super().__init__(track)
        self.track = track

    def __str__(self) -> str:
        return f"there is no track {self.track!r}; import its file first"


class UnknownJob(GraphError):
    code = "unknown_job"

    def __init__(self, job: str) -> None:
        super().__init__(job)
        self.job = job

    def __str__(self) -> str:
        return f"there is no job {self.job!r}; `GET /jobs` lists those there are"


class UnknownStep(GraphError):
    code = "unknown_step"

    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step

    def __str__(self) -> str:
        return f"there is no step {self.step!r}; its job was deleted, drop the message"


class UnknownSchedule(GraphError):
    code = "unknown_schedule"

    def __init__(self, collection: str) -> None:
        super().__init__(collection)
        self.collection = collection

    def __str__(self) -> str:
        return f"collection {self.collection!r} has no schedule; `audio-concepts schedule set` gives it one"
