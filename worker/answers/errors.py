"""The errors of answering. Each names the thing and the remedy, and passes its fields to the base."""

from worker.errors import WorkerError


class NothingPublished(WorkerError):
    """A question about concepts, and no vectors of the collection are published in this data folder."""

    code = "nothing_published"

    def __init__(self, collection: str, folder: str) -> None:
        super().__init__(collection, folder)
        self.collection, self.folder = collection, folder

    def __str__(self) -> str:
        return f"{self.folder} holds no published vectors of {self.collection!r}; run `audio-concepts rebuild` first"


class SeveralPublished(WorkerError):
    """No collection was named, and several are published."""

    code = "several_published"

    def __init__(self, collections: tuple[str, ...]) -> None:
        super().__init__(collections)
        self.collections = collections

    def __str__(self) -> str:
        return f"several collections are published ({', '.join(self.collections)}); name one with --collection"


class PointerDamaged(WorkerError):
    """The file that points at the published vectors cannot be read."""

    code = "pointer_damaged"

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return f"{self.path} cannot be read ({self.detail}); `audio-concepts rebuild` writes it again"


class CalibrationDamaged(WorkerError):
    """The file that turns scores into probabilities cannot be read."""

    code = "calibration_damaged"

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return f"{self.path} holds no calibration ({self.detail}); delete it and run `audio-concepts rebuild`"


class NotPublished(WorkerError):
    """A concept that is not among the published ones of a collection."""

    code = "not_published"

    def __init__(self, concept_id: str, collection: str, near: tuple[str, ...]) -> None:
        super().__init__(concept_id, collection, near)
        self.concept_id, self.collection, self.near = concept_id, collection, near

    def __str__(self) -> str:
        meant = f"; did you mean {', '.join(self.near)}?" if self.near else "; `audio-concepts concepts` lists them"
        return f"{self.collection!r} has no published concept {self.concept_id!r}{meant}"


class NoFrames(WorkerError):
    """Seconds were asked of activations whose rows are no windows of frames."""

    code = "no_frames"

    def __init__(self, backbone: str) -> None:
        super().__init__(backbone)
        self.backbone = backbone

    def __str__(self) -> str:
        return (
            f"rows of {self.backbone!r} are no windows of frames, so they have no seconds; ask for the scores of whole "
            "tracks (`audio-concepts tag` without --timeline, GET /tracks/{id}/concepts)"
        )


class TooFewDraws(WorkerError):
    """A t test over too few vectors to say anything."""

    code = "too_few_draws"

    def __init__(self, draws: int, fewest: int) -> None:
        super().__init__(draws, fewest)
        self.draws, self.fewest = draws, fewest

    def __str__(self) -> str:
        return f"{self.draws} draws of counter-examples are too few for the test; draw at least {self.fewest}"


class LessonMissing(WorkerError):
    """What the published vectors were learnt from is not named beside them."""

    code = "lesson_missing"

    def __init__(self, collection: str, version: int) -> None:
        super().__init__(collection, version)
        self.collection, self.version = collection, version

    def __str__(self) -> str:
        return (
            f"version {self.version} of {self.collection!r} was published by an older release and does not say which "
            "tracks it learnt from; run `audio-concepts rebuild`"
        )


class NoTrackHeard(WorkerError):
    """None of the tracks of a concept could be listened to."""

    code = "no_track_heard"

    def __init__(self, concept_id: str, tried: int, example: str) -> None:
        super().__init__(concept_id, tried, example)
        self.concept_id, self.tried, self.example = concept_id, tried, example

    def __str__(self) -> str:
        return (
            f"none of {self.tried} tracks of {self.concept_id} could be heard ({self.example}); put their files back, "
            "or import them again from where they are"
        )


class PoolUnreadable(WorkerError):
    """The scores of a published version cannot be read, so nothing can be placed by them."""

    code = "pool_unreadable"

    def __init__(self, collection: str, detail: str) -> None:
        super().__init__(collection, detail)
        self.collection, self.detail = collection, detail

    def __str__(self) -> str:
        return (
            f"the scores of {self.collection!r} cannot be read ({self.detail}); run `audio-concepts rebuild`, and let "
            "AUDIO_CONCEPTS_DATA_DIR name the workers' data folder"
        )


class ExplanationDamaged(WorkerError):
    """The file that explains a track cannot be read."""

    code = "explanation_damaged"

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return f"{self.path} explains nothing ({self.detail}); delete it and ask again by POST /jobs/explanation"


class SensitivityDamaged(WorkerError):
    """The file with a concept's sensitivities cannot be read."""

    code = "sensitivity_damaged"

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return f"{self.path} holds no sensitivities ({self.detail}); delete it and ask again by POST /jobs/sensitivity"


class TooShort(WorkerError):
    """A sound that is too short to be parted."""

    code = "too_short"

    def __init__(self, name: str, duration_s: float, shortest_s: float) -> None:
        super().__init__(name, duration_s, shortest_s)
        self.name, self.duration_s, self.shortest_s = name, duration_s, shortest_s

    def __str__(self) -> str:
        return f"{self.name} lasts {self.duration_s:.1f} s; choose tracks of at least {self.shortest_s:g} s"
