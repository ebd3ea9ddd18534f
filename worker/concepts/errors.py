"""What can be wrong with the numbers and memberships handed to this room."""

from __future__ import annotations

from worker.errors import WorkerError


class ConceptError(WorkerError):
    """Root of this room's errors."""

    code = "concept_error"


class ShapeMismatch(ConceptError):
    """Two arrays that describe the same things have different lengths."""

    code = "shape_mismatch"

    def __init__(self, what: str, wanted: object, found: object) -> None:
        super().__init__(what, wanted, found)
        self.what, self.wanted, self.found = what, wanted, found

    def __str__(self) -> str:
        return f"{self.what} should be {self.wanted} but is {self.found}; pass arrays of one catalogue, in one order"


class NotFinite(ConceptError):
    """Activations or scores hold NaN or infinity."""

    code = "not_finite"

    def __init__(self, what: str, example: str) -> None:
        super().__init__(what, example)
        self.what, self.example = what, example

    def __str__(self) -> str:
        return f"{self.what} hold NaN or infinity, first at {self.example}; compute that one again or leave it out"


class ConstantActivations(ConceptError):
    """No unit differs between any two rows, so nothing can be learnt."""

    code = "constant_activations"

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        self.rows = rows

    def __str__(self) -> str:
        return f"all units are constant over all {self.rows} rows; check the sound (silence?) and the backbone"


class UnusableConcept(ConceptError):
    """A concept that some training fold cannot learn: without examples, or without counter-examples."""

    code = "unusable_concept"

    def __init__(self, concept_id: str, fold: int, lacks: str) -> None:
        super().__init__(concept_id, fold, lacks)
        self.concept_id, self.fold, self.lacks = concept_id, fold, lacks

    def __str__(self) -> str:
        place = "the catalogue" if self.fold < 0 else f"the tracks outside fold {self.fold}"
        return f"concept {self.concept_id}: {place} holds no {self.lacks}; leave it out (`screen` finds such concepts)"


class UnknownMember(ConceptError):
    """A concept names a track that is not in the list, and dropping was not asked for."""

    code = "unknown_member"

    def __init__(self, concept_id: str, track_id: str) -> None:
        super().__init__(concept_id, track_id)
        self.concept_id, self.track_id = concept_id, track_id

    def __str__(self) -> str:
        return f"concept {self.concept_id} names the unknown track {self.track_id}; import it, or drop unknown tracks"


class DuplicateId(ConceptError):
    """The same id twice where each may stand once."""

    code = "duplicate_id"

    def __init__(self, what: str, found: str) -> None:
        super().__init__(what, found)
        self.what, self.found = what, found

    def __str__(self) -> str:
        return f"{self.what} {self.found} is listed twice; list each once"


class NotConverged(ConceptError):
    """The solver stopped before the gradient criterion was met."""

    code = "not_converged"

    def __init__(self, concept_id: str, gradient: float, tolerance: float) -> None:
        super().__init__(concept_id, gradient, tolerance)
        self.concept_id, self.gradient, self.tolerance = concept_id, gradient, tolerance

    def __str__(self) -> str:
        return (
            f"the vector of {self.concept_id} stopped at gradient {self.gradient:.1e} > {self.tolerance:.1e}; "
            "raise the ridge or the number of iterations"
        )


class BadVectorFile(ConceptError):
    """A file that does not hold concept vectors as this room writes them."""

    code = "bad_vector_file"

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return f"{self.path} holds no concept vectors ({self.detail}); delete it and rebuild"
