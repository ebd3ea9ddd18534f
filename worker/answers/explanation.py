"""What one version says of one track, second by second: made by a worker, read wherever answers are given. numpy only.

Conventions: one file a track and version, `<sha256>.explained.npz` among the collection's builds, named by the hash of
the vectors, the calibration, the tree's concepts and the track; scores as in `worker.answers.attribution`, seconds as
in `worker.answers.seconds`. It can always be made again, so pruning the builds deletes it.

Why every concept at once: listening costs seconds, a further concept microseconds; and whoever asks why a track is
called `jazz` asks next what else it is called.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from worker.answers.errors import ExplanationDamaged
from worker.answers.seconds import Timeline

SUFFIX = ".explained.npz"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Explained:
    """The scores of every published concept for one track, whole and by the window."""

    track_id: str
    concept_ids: tuple[str, ...]
    scores: NDArray[np.float64]
    """(concepts,) 0..1, of the whole track."""
    probabilities: NDArray[np.float64]
    """(concepts,) 0..1, or NaN where nothing was calibrated."""
    window_scores: NDArray[np.float64]
    """(windows, concepts) 0..1"""
    starts_s: NDArray[np.float64]
    """(windows,) evenly spaced from 0."""
    window_s: float
    duration_s: float

    def strongest(self) -> list[int]:
        """Positions of the concepts, strongest first: by probability, where there is none by score; ties by id."""
        likely = np.where(np.isnan(self.probabilities), self.scores, self.probabilities)
        return sorted(
            range(len(self.concept_ids)),
            key=lambda position: (-likely[position], -self.scores[position], self.concept_ids[position]),
        )

    def probability(self, concept: int) -> float | None:
        """Of the concept at a position; None where nothing was calibrated."""
        found = float(self.probabilities[concept])
        return None if np.isnan(found) else found

    def seconds(self, concept: int) -> Timeline:
        """The concept at a position over seconds."""
        return Timeline.of(
            (self.concept_ids[concept],),
            self.window_scores[:, [concept]],
            self.starts_s,
            window_s=self.window_s,
            duration_s=self.duration_s,
        )

    def save(self, path: Path) -> None:
        """Write it; the caller sees to it that a file is whole."""
        with path.open("wb") as file:
            np.savez(
                file,
                format=FORMAT,
                track_id=self.track_id,
                concept_ids=np.array(self.concept_ids),
                scores=self.scores,
                probabilities=self.probabilities,
                window_scores=self.window_scores,
                starts_s=self.starts_s,
                window_s=self.window_s,
                duration_s=self.duration_s,
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: nobody has written it.
            ExplanationDamaged: it is something else.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
                if int(found["format"]) != FORMAT:
                    raise ExplanationDamaged(str(path), f"its format is {found['format']}, not {FORMAT}")
                return cls(
                    track_id=str(found["track_id"]),
                    concept_ids=tuple(found["concept_ids"].tolist()),
                    scores=found["scores"],
                    probabilities=found["probabilities"],
                    window_scores=found["window_scores"],
                    starts_s=found["starts_s"],
                    window_s=float(found["window_s"]),
                    duration_s=float(found["duration_s"]),
                )
        except FileNotFoundError:
            raise
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ExplanationDamaged(str(path), str(error) or type(error).__name__) from error


def explanation_name(files: Mapping[str, str], concept_ids: Iterable[str], track_id: str) -> str:
    """Name of the file that explains a track.

    Args:
        files: role -> name of a version's files (`cypher.model.Hierarchy.files`), with `vectors` among them.
        concept_ids: those in the version's tree, in any order.
        track_id: the track.
    """
    inputs = "\n".join([str(FORMAT), files["vectors"], files.get("calibration", ""), track_id, *sorted(concept_ids)])
    return hashlib.sha256(inputs.encode("utf-8", "surrogatepass")).hexdigest() + SUFFIX
