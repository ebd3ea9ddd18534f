"""The errands, one module each, named as its stage is: load, call, save. Each may run twice with the same result.

An errand is a function `run(context) -> StageResult`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from worker.jobs.context import ErrandContext, StageResult
from worker.jobs.errors import UnknownStage
from worker.jobs.kinds import ERRANDS

Errand = Callable[[ErrandContext], StageResult]


def errand(kind: str) -> Errand:
    """The function of a kind of job; its module is imported now, not before.

    Raises:
        UnknownStage: this release has no such kind.
    """
    if kind not in ERRANDS:
        raise UnknownStage(kind)
    run: Errand = importlib.import_module(f"{__name__}.{ERRANDS[kind].name}").run
    return run
