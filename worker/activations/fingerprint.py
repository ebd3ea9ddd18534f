"""What an array of activations was computed with.

Conventions: a fingerprint is written as one line, `field=value` joined by `;` in the order of the fields; the digest
is the first 16 hexadecimal digits of the SHA-256 of that line and names folders. Two arrays may be mixed only when
their fingerprints are equal: vectors learnt on one front end, pooling, layer, precision or device class mean nothing
exact on another. Needs no torch.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, fields

from worker.activations.errors import BadFingerprint, FingerprintMismatch

DIGEST_LENGTH = 16
_VALUE = re.compile(r"[A-Za-z0-9._:+/-]+")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Front end, network, place in the network, windows and arithmetic.

    Values are ASCII letters, digits and `._:+/-`. Activations from outside declare their own, for example
    `Fingerprint("outside", "mert-v1-330m", layer="6")`.
    """

    front_end: str
    backbone: str
    pooling: str = "none"
    weights_sha256: str = "none"
    layer: str = "output"
    window_frames: int = 0
    """Frames of one window; 0 where a row is not a window of frames."""
    hop_frames: int = 0
    """Frames from one window's start to the next's."""
    pad_frames: int = 0
    """Frames of silence before the first and after the last frame of a track."""
    precision: str = "fp32"
    device_class: str = "any"
    """`cpu`, `cuda`, or `any` where the device does not matter."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int):
                if value < 0:
                    raise BadFingerprint(f"{field.name}={value}", "counts of frames are at least 0")
            elif not _VALUE.fullmatch(value):
                raise BadFingerprint(f"{field.name}={value}", "values are ASCII letters, digits and ._:+/-")

    @property
    def text(self) -> str:
        """The one line that is stored beside every array; `parse` reads it."""
        return ";".join(f"{field.name}={getattr(self, field.name)}" for field in fields(self))

    @property
    def digest(self) -> str:
        """16 hexadecimal digits; names the folder of the activations."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:DIGEST_LENGTH]

    @classmethod
    def parse(cls, text: str) -> Fingerprint:
        """Read a fingerprint's text.

        Raises:
            BadFingerprint: a field is missing, unknown, given twice, or not a number where one is due.
        """
        pairs = [part.partition("=") for part in text.split(";")]
        values = {name: value for name, _, value in pairs}
        wanted = {field.name: field.type for field in fields(cls)}
        if len(values) != len(pairs) or values.keys() != wanted.keys():
            raise BadFingerprint(text, f"its fields are not {', '.join(wanted)}, each once")
        try:
            typed = {name: int(value) if wanted[name] == "int" else value for name, value in values.items()}
        except ValueError as error:
            raise BadFingerprint(text, str(error)) from error
        return cls(**typed)  # type: ignore[arg-type]

    def require(self, other: Fingerprint | str) -> None:
        """Refuse to mix what was computed with something else.

        Args:
            other: the fingerprint of the other array, or its text.

        Raises:
            FingerprintMismatch: they differ; the error names both.
        """
        found = other if isinstance(other, str) else other.text
        if found != self.text:
            raise FingerprintMismatch(self.text, found)
