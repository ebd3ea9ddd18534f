"""What can go wrong between sound and stored activations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from worker.errors import WorkerError

NAMED = 5
"""How many missing things an error spells out before it only counts."""


class FingerprintMismatch(WorkerError):
    """Two arrays come from different front ends, backbones, layers, precisions or device classes."""

    code = "fingerprint_mismatch"

    def __init__(self, wanted: str, found: str) -> None:
        super().__init__(wanted, found)
        self.wanted, self.found = wanted, found

    def __str__(self) -> str:
        return f"wanted activations of {self.wanted}, these come from {self.found}; recompute one of them"


class BadFingerprint(WorkerError):
    """A text that no fingerprint was written as."""

    code = "bad_fingerprint"

    def __init__(self, text: str, detail: str) -> None:
        super().__init__(text, detail)
        self.text, self.detail = text, detail

    def __str__(self) -> str:
        return f"{self.text!r} is not a fingerprint: {self.detail}; take one as `Fingerprint.text` writes it"


class UnknownChoice(WorkerError):
    """A backbone, pooling, layer, device or precision nobody offers."""

    code = "unknown_choice"

    def __init__(self, what: str, given: str, offered: Sequence[str]) -> None:
        super().__init__(what, given, tuple(offered))
        self.what, self.given, self.offered = what, given, tuple(offered)

    def __str__(self) -> str:
        return f"there is no {self.what} {self.given!r}; choose one of {', '.join(self.offered)}"


class WeightsMissing(WorkerError):
    """The package or file that holds a network's weights is not there."""

    code = "weights_missing"

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what, self.remedy = what, remedy

    def __str__(self) -> str:
        return f"{self.what} is not there; {self.remedy}"


class CheckpointDamaged(WorkerError):
    """A checkpoint that cannot be read, or whose checksums disagree."""

    code = "checkpoint_damaged"

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return f"{self.path} is damaged: {self.detail}; install the package that holds it again"


class DeviceMissing(WorkerError):
    """The device asked for is not on this machine."""

    code = "device_missing"

    def __init__(self, device: str) -> None:
        super().__init__(device)
        self.device = device

    def __str__(self) -> str:
        return f"this machine offers torch no device {self.device!r}; use device 'auto' or 'cpu'"


class BadSamples(WorkerError):
    """Sound that no activation can be computed from."""

    code = "bad_samples"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"the samples cannot be used: {self.detail}; decode the file with worker.catalogue.audio"


class BadActivations(WorkerError):
    """Arrays that do not fit a store: shape, type, numbers that are not finite, ids given twice."""

    code = "bad_activations"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"these activations cannot be stored: {self.detail}"


class ActivationsMissing(WorkerError):
    """Tracks were asked for that the store does not hold."""

    code = "activations_missing"

    def __init__(self, track_ids: Sequence[str]) -> None:
        super().__init__(tuple(track_ids))
        self.track_ids = tuple(track_ids)

    def __str__(self) -> str:
        named = ", ".join(self.track_ids[:NAMED])
        more = f" and {len(self.track_ids) - NAMED} more" if len(self.track_ids) > NAMED else ""
        return f"no activations are stored for {named}{more}; compute them first (audio-concepts rebuild)"


class ShardDamaged(WorkerError):
    """A stored shard whose content is not what its manifest says."""

    code = "shard_damaged"

    def __init__(self, path: Path | str, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return (
            f"{self.path} is damaged: {self.detail}; "
            "run `audio-concepts activations prune --damaged`, then rebuild: what is missing is computed again"
        )


class PackageMissing(WorkerError):
    """Something the base install does not have."""

    code = "package_missing"

    def __init__(self, package: str, remedy: str = "run `pip install 'audio-concepts[worker]'`") -> None:
        super().__init__(package, remedy)
        self.package, self.remedy = package, remedy

    def __str__(self) -> str:
        return f"this needs the package {self.package}; {self.remedy}"


class NothingDeclared(WorkerError):
    """A rebuild asks for activations from outside that nobody brought."""

    code = "nothing_declared"

    def __init__(self, name: str, stored: Sequence[str]) -> None:
        super().__init__(name, tuple(stored))
        self.name, self.stored = name, tuple(stored)

    def __str__(self) -> str:
        there = f"stored are {', '.join(sorted(set(self.stored)))}" if self.stored else "none are stored"
        return (
            f"there are no activations from outside called {self.name!r} ({there}); "
            "bring them by `audio-concepts import --activations ... --memberships ... --fingerprint NAME`"
        )


class NoUsableActivations(WorkerError):
    """Not one track of the files from outside has activations that can be used."""

    code = "no_usable_activations"

    def __init__(self, path: str, reasons: dict[str, int], example: str) -> None:
        super().__init__(path, reasons, example)
        self.path, self.reasons, self.example = path, reasons, example

    def __str__(self) -> str:
        if not self.reasons:
            return f"{self.path} holds no activations; give npz, Parquet, npy with ids, or serialised tensors"
        counts = ", ".join(f"{count} {code}" for code, count in sorted(self.reasons.items()))
        return f"no track of {self.path} can be used ({counts}), for instance: {self.example}"
