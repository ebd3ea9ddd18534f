"""The stages of a rebuild, one module each: load, call, save. Each may run twice with the same result.

A stage is a function `run(context) -> StageResult`. What it computes goes to a file named by the hash of what it was
computed from; the name goes to the ledger. A stage that finds its file there already computes nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from worker.jobs.context import StageContext, StageResult
from worker.jobs.errors import UnknownStage
from worker.jobs.requests import STAGE_NAMES

Stage = Callable[[StageContext], StageResult]


def stage(name: str) -> Stage:
    """The function of a stage; its module is imported now, not before.

    Raises:
        UnknownStage: this release has none of that name.
    """
    if name not in STAGE_NAMES:
        raise UnknownStage(name)
    run: Stage = importlib.import_module(f"{__name__}.{name}").run
    return run
