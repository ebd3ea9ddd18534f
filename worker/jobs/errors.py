"""The errors of running work. Each names the thing and the remedy, and passes its fields to the base."""

from worker.errors import WorkerError


class BuildMissing(WorkerError):
    """A file that an earlier stage wrote is gone."""

    code = "build_missing"

    def __init__(self, path: str, stage: str) -> None:
        super().__init__(path, stage)
        self.path, self.stage = path, stage

    def __str__(self) -> str:
        return f"{self.path}, written by stage {self.stage}, is gone; start a new rebuild, it makes it again"


class BuildDamaged(WorkerError):
    """A file of a build does not hold what its name says."""

    code = "build_damaged"

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return f"{self.path} cannot be read ({self.detail}); delete it and start a new rebuild, it makes it again"


class DiskFull(WorkerError):
    """The data folder's disk took no more."""

    code = "disk_full"

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.folder = folder

    def __str__(self) -> str:
        return f"the disk below {self.folder} is full; free some space, then `audio-concepts jobs retry` goes on"


class EmptyCollection(WorkerError):
    """There is nothing to learn from."""

    code = "empty_collection"

    def __init__(self, collection: str) -> None:
        super().__init__(collection)
        self.collection = collection

    def __str__(self) -> str:
        return f"collection {self.collection!r} has no concept with a track; import music and playlists into it first"


class NothingToBalance(WorkerError):
    """Counter-examples shall be balanced for a property in which no two tracks are known to differ."""

    code = "nothing_to_balance"

    def __init__(self, property_name: str, known: int, tracks: int) -> None:
        super().__init__(property_name, known, tracks)
        self.property_name, self.known, self.tracks = property_name, known, tracks

    def __str__(self) -> str:
        remedy = (
            f"`audio-concepts import --tracks TABLE` with a column {self.property_name}"
            if self.property_name in {"year", "popularity"}
            else "import the files again, which measures them"
        )
        return (
            f"counter-examples cannot be balanced for {self.property_name}: of {self.tracks} tracks it is known of "
            f"{self.known}, and no two of them differ; {remedy}, or rebuild without --balance"
        )


class NothingToGroupBy(WorkerError):
    """Folds shall keep something together that no track knows of itself."""

    code = "nothing_to_group_by"

    def __init__(self, group_by: str, tracks: int) -> None:
        super().__init__(group_by, tracks)
        self.group_by, self.tracks = group_by, tracks

    def __str__(self) -> str:
        told = "work" if self.group_by == "score" else self.group_by
        return (
            f"none of {self.tracks} tracks says its {self.group_by}, so folds cannot keep one together; tag the files, "
            f"or `audio-concepts import --tracks TABLE` with a column {told}, or group by track"
        )


class NothingLearnable(WorkerError):
    """No concept can be learnt at all."""

    code = "nothing_learnable"

    def __init__(self, collection: str, concepts: int, reasons: str, min_tracks: int) -> None:
        super().__init__(collection, concepts, reasons, min_tracks)
        self.collection, self.concepts, self.reasons, self.min_tracks = collection, concepts, reasons, min_tracks

    def __str__(self) -> str:
        return (
            f"none of the {self.concepts} concepts of {self.collection!r} can be learnt ({self.reasons}); "
            f"a concept needs {self.min_tracks} tracks with sound: add tracks, or lower min_tracks"
        )


class NoConceptKept(WorkerError):
    """Every concept failed a test."""

    code = "no_concept_kept"

    def __init__(self, collection: str, concepts: int, reasons: str) -> None:
        super().__init__(collection, concepts, reasons)
        self.collection, self.concepts, self.reasons = collection, concepts, reasons

    def __str__(self) -> str:
        return (
            f"none of the {self.concepts} concepts of {self.collection!r} is kept ({self.reasons}); "
            "add tracks to the concepts, or lower min_tracks or min_accuracy"
        )


class NoSound(WorkerError):
    """No track of the collection could be heard."""

    code = "no_sound"

    def __init__(self, collection: str, tracks: int, example: str) -> None:
        super().__init__(collection, tracks, example)
        self.collection, self.tracks, self.example = collection, tracks, example

    def __str__(self) -> str:
        return (
            f"none of the {self.tracks} tracks of {self.collection!r} could be heard ({self.example}); "
            "check that the audio files are still where they were imported from, or import activations of these tracks"
        )


class GateRefused(WorkerError):
    """The new version must not be published."""

    code = "gate_refused"

    def __init__(self, collection: str, detail: str) -> None:
        super().__init__(collection, detail)
        self.collection, self.detail = collection, detail

    def __str__(self) -> str:
        return f"no new version of {self.collection!r} is published: {self.detail}"


class UnknownStage(WorkerError):
    """The ledger holds a step this release cannot run."""

    code = "unknown_stage"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return (
            f"this release knows no stage {self.name!r}; run workers of the release that planned the job, or cancel it"
        )


class WorkerLeaving(WorkerError):
    """The worker was told to stop: it gives its step back."""

    code = "worker_leaving"

    def __init__(self, step_id: str) -> None:
        super().__init__(step_id)
        self.step_id = step_id

    def __str__(self) -> str:
        return f"this worker stops and gives step {self.step_id} back; the next worker does it"


class WrongSettings(WorkerError):
    """A process was started without what it needs."""

    code = "wrong_settings"

    def __init__(self, setting: str) -> None:
        super().__init__(setting)
        self.setting = setting

    def __str__(self) -> str:
        return f"{self.setting} is not set; start the worker with `audio-concepts up`, or set it"


class NothingToReproduce(WorkerError):
    """A folder holds nothing of a published study that could be computed from."""

    code = "nothing_to_reproduce"

    def __init__(self, folder: str, wanted: list[str]) -> None:
        super().__init__(folder, wanted)
        self.folder, self.wanted = folder, wanted

    def __str__(self) -> str:
        return (
            f"{self.folder} holds none of {', '.join(self.wanted)}; "
            "put at least one of them there (docs/reproduce.md says where they come from)"
        )


class NoPlaylistInCommon(WorkerError):
    """The published files at hand are of different playlists, so that no table is over all of them."""

    code = "no_playlist_in_common"

    def __init__(self, folder: str, spaces: dict[str, int]) -> None:
        super().__init__(folder, spaces)
        self.folder, self.spaces = folder, spaces

    def __str__(self) -> str:
        listed = ", ".join(f"{name} {count}" for name, count in self.spaces.items())
        return (
            f"the files in {self.folder} have fewer than 2 playlists in common ({listed} of their own); "
            "leave one out, or take all from one source"
        )


class UnknownEvaluation(WorkerError):
    """No evaluation has this id."""

    code = "unknown_evaluation"

    def __init__(self, evaluation_id: str) -> None:
        super().__init__(evaluation_id)
        self.evaluation_id = evaluation_id

    def __str__(self) -> str:
        return f"there is no evaluation {self.evaluation_id}; GET /evaluations lists those there are"


class VersionFilesMissing(WorkerError):
    """A version that is to be compared has lost the files it was learnt from, or never named them."""

    code = "version_files_missing"

    def __init__(self, collection: str, version: int, roles: tuple[str, ...]) -> None:
        super().__init__(collection, version, roles)
        self.collection, self.version, self.roles = collection, version, roles

    def __str__(self) -> str:
        return (
            f"version {self.version} of {self.collection!r} cannot be compared: its {', '.join(self.roles)} "
            "are not in the data folder; compare versions made since, or rebuild"
        )


class UploadCut(WorkerError):
    """Fewer bytes came than were promised."""

    code = "upload_cut"

    def __init__(self, found: int, promised: int) -> None:
        super().__init__(found, promised)
        self.found, self.promised = found, promised

    def __str__(self) -> str:
        return f"{self.found} of {self.promised} bytes came; send the file again, whole"


class UploadGone(WorkerError):
    """The file that a job should decode is not in quarantine any more."""

    code = "upload_gone"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"the uploaded file {self.name} is gone: it waited longer than a day, or was deleted; send it again"


class QuarantineFull(WorkerError):
    """Too much was uploaded and waits to be decoded."""

    code = "quarantine_full"

    def __init__(self, most_bytes: int) -> None:
        super().__init__(most_bytes)
        self.most_bytes = most_bytes

    def __str__(self) -> str:
        return (
            f"more than {self.most_bytes >> 30} GiB would wait to be decoded; send the file again when the jobs before "
            "it have ended (GET /jobs)"
        )
