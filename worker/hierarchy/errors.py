"""What can be wrong with the numbers a tree is built from."""

from __future__ import annotations

from worker.errors import WorkerError


class HierarchyError(WorkerError):
    """Root of this room's errors."""

    code = "hierarchy_error"


class ShapeMismatch(HierarchyError):
    """The similarity matrix is not square, or the centralities have another length."""

    code = "shape_mismatch"

    def __init__(self, what: str, wanted: object, found: object) -> None:
        super().__init__(what, wanted, found)
        self.what, self.wanted, self.found = what, wanted, found

    def __str__(self) -> str:
        return f"{self.what} should be {self.wanted} but is {self.found}; pass arrays of the same concepts"


class NotFinite(HierarchyError):
    """A similarity (off the diagonal) or a centrality is NaN or infinite."""

    code = "not_finite"

    def __init__(self, what: str, position: tuple[int, ...]) -> None:
        super().__init__(what, position)
        self.what, self.position = what, position

    def __str__(self) -> str:
        return f"{self.what} is NaN or infinite at {self.position}; leave that concept out"


class OutOfRange(HierarchyError):
    """A setting outside its range."""

    code = "out_of_range"

    def __init__(self, what: str, wanted: str, found: object) -> None:
        super().__init__(what, wanted, found)
        self.what, self.wanted, self.found = what, wanted, found

    def __str__(self) -> str:
        return f"{self.what} must be {self.wanted}, not {self.found}"


class PinsInCircle(HierarchyError):
    """Pinned parents lead in a circle."""

    code = "pins_in_circle"

    def __init__(self, circle: tuple[int, ...]) -> None:
        super().__init__(circle)
        self.circle = circle

    def __str__(self) -> str:
        way = " -> ".join(str(position) for position in (*self.circle, self.circle[0]))
        return f"the pinned parents run in a circle ({way}); take one of these pins away"
