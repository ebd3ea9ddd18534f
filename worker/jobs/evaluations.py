"""Stored evaluations: what `audio-concepts evaluate` leaves, and what the API lists. A leaf: files and nothing else.

Conventions: `<data>/evaluations/<id>/` holds `evaluation.json` (the record), `report.html` and `figures.parquet`, all
or none; `<id>` is a hash of what was judged and how, so that the same evaluation made again replaces itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.jobs.builds import disk_full_named
from worker.jobs.errors import BuildDamaged, UnknownEvaluation

FOLDER = "evaluations"
RECORD, REPORT, TABLE = "evaluation.json", "report.html", "figures.parquet"
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """One evaluation and where it lies."""

    id: str
    folder: Path
    record: Mapping[str, Any]

    @property
    def report(self) -> Path:
        """The page."""
        return self.folder / REPORT


class Evaluations:
    """The evaluations of one data folder."""

    def __init__(self, data: Path) -> None:
        """Name the folder; it is made at the first write."""
        self.folder = data / FOLDER

    def place(self, evaluation_id: str, write: Callable[[Path], object]) -> Path:
        """Write one whole, or not at all; one of the same id is replaced.

        Args:
            evaluation_id: 16 hexadecimal digits.
            write: writes the three files into the folder it is given.

        Returns:
            Its folder.

        Raises:
            DiskFull: the disk took no more; nothing is left behind.
        """
        with disk_full_named(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(dir=self.folder, prefix=".", suffix=".tmp"))
            try:
                write(temporary)
                target = self.folder / evaluation_id
                if target.exists():
                    target.rename(temporary.with_suffix(".old"))
                temporary.rename(target)
            finally:
                for left in (temporary, temporary.with_suffix(".old")):
                    shutil.rmtree(left, ignore_errors=True)
        os.chmod(target, 0o755)  # noqa: PTH101, S103  mkdtemp closes it to others
        return target

    def all(self, collection: str | None = None) -> list[StoredEvaluation]:
        """Newest first; one that cannot be read is left out.

        Args:
            collection: only of this one.
        """
        found = []
        for path in self.folder.glob(f"*/{RECORD}"):
            with contextlib.suppress(BuildDamaged, FileNotFoundError):
                if _ID.fullmatch(path.parent.name):
                    found.append(self._read(path.parent))
        chosen = [one for one in found if collection is None or one.record["collection"] == collection]
        return sorted(chosen, key=lambda one: (one.record["made_at"], one.id), reverse=True)

    def one(self, evaluation_id: str) -> StoredEvaluation:
        """By its id.

        Raises:
            UnknownEvaluation: there is none.
            BuildDamaged: its record is no JSON of ours.
        """
        folder = self.folder / evaluation_id
        if not _ID.fullmatch(evaluation_id) or not (folder / RECORD).is_file():
            raise UnknownEvaluation(evaluation_id)
        return self._read(folder)

    def _read(self, folder: Path) -> StoredEvaluation:
        path = folder / RECORD
        try:
            record = json.loads(path.read_bytes())
        except ValueError as error:
            raise BuildDamaged(str(path), str(error)) from error
        if not isinstance(record, dict) or not {"collection", "made_at", "figures"} <= record.keys():
            raise BuildDamaged(str(path), "it lacks a field")
        return StoredEvaluation(folder.name, folder, record)
