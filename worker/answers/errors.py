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
