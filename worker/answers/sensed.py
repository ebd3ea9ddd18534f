"""Which tags of the network a concept raises, as found once by a worker, to be read wherever answers are given.

Conventions: those of `worker.answers.sensitivity`. One file a version, concept and effort, `<sha256>.sensed.json` among
the collection's builds, named by the hash of the vectors, the concept, and how much was listened to and learnt again.
It can always be made again, so pruning the builds deletes it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from worker.answers.errors import SensitivityDamaged

SUFFIX = ".sensed.json"
FORMAT = 1
CALLED = 0.05
"""False discovery rate at which a tag is said to answer."""


@dataclass(frozen=True, slots=True)
class TagSensitivity:
    """What moving towards a concept does to one tag."""

    tag: str
    sign_count: float
    """0..1, share of windows, by the published vector."""
    magnitude: float
    """Mean derivative of the logit, by the published vector."""
    p_consistent: float
    q_consistent: float
    """Benjamini-Hochberg over the tags."""
    p_specific: float
    q_specific: float
    """Likewise."""


@dataclass(frozen=True, slots=True)
class Sensed:
    """All tags of one concept."""

    concept_id: str
    windows: int
    """That the derivatives are means over."""
    draws: int
    failed: Mapping[str, str]
    """Address of each track that gave no sound, with the reason."""
    tags: tuple[TagSensitivity, ...]
    """Strongest first, ties by tag."""

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"format": FORMAT, **dataclasses.asdict(self)}

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what was kept of `plain`.

        Raises:
            FileNotFoundError: nobody has written it.
            SensitivityDamaged: it is something else.
        """
        try:
            read = json.loads(path.read_bytes())
            if read["format"] != FORMAT:
                raise SensitivityDamaged(str(path), f"its format is {read['format']}, not {FORMAT}")
            tags = tuple(TagSensitivity(**one) for one in read["tags"])
            return cls(read["concept_id"], int(read["windows"]), int(read["draws"]), dict(read["failed"]), tags)
        except FileNotFoundError:
            raise
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SensitivityDamaged(str(path), str(error) or type(error).__name__) from error


def sensed_name(files: Mapping[str, str], concept_id: str, tracks: int, draws: int) -> str:
    """Name of the file that holds a concept's sensitivities.

    Args:
        files: role -> name of a version's files (`cypher.model.Hierarchy.files`), with `vectors` among them.
        concept_id: the concept.
        tracks: how many of its tracks are listened to at most.
        draws: how often its vector is learnt again.
    """
    inputs = "\n".join([str(FORMAT), files["vectors"], concept_id, str(tracks), str(draws)])
    return hashlib.sha256(inputs.encode("utf-8", "surrogatepass")).hexdigest() + SUFFIX
