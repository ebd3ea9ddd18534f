"""What can go wrong while demo music is made, each with its remedy."""

from pathlib import Path

from worker.errors import WorkerError


class DemoError(WorkerError):
    """The root of this room's errors."""

    code = "demo_error"


class DemoPackageMissing(DemoError):
    """A package that only the demo needs is not installed."""

    code = "demo_package_missing"

    def __init__(self, package: str) -> None:
        super().__init__(package)
        self.package = package

    def __str__(self) -> str:
        return (
            f"the demo needs the package {self.package}, which is not installed; "
            "run `make demo`, or install audio-concepts[worker,demo] and tinysoundfont"
        )


class SoundFontMissing(DemoError):
    """pretty_midi is installed, but its General MIDI font is not where it belongs."""

    code = "demo_sound_font_missing"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"the sound font {self.path} is missing; reinstall pretty_midi, which carries it"


class ScoresMissing(DemoError):
    """The corpus holds fewer usable scores of a kind than the recipe asks for."""

    code = "demo_scores_missing"

    def __init__(self, kind: str, wanted: int, found: int) -> None:
        super().__init__(kind, wanted, found)
        self.kind, self.wanted, self.found = kind, wanted, found

    def __str__(self) -> str:
        return (
            f"music21's corpus holds {self.found} usable scores of kind {self.kind!r}, {self.wanted} are needed; "
            "reinstall music21 with its corpus, or ask for fewer"
        )


class RecipeInvalid(DemoError):
    """A recipe asks for something that cannot be made."""

    code = "demo_recipe_invalid"

    def __init__(self, setting: str, problem: str) -> None:
        super().__init__(setting, problem)
        self.setting, self.problem = setting, problem

    def __str__(self) -> str:
        return f"the demo recipe's {self.setting} {self.problem}"


class TargetTaken(DemoError):
    """The folder holds something else: other files, or a library of another recipe."""

    code = "demo_target_taken"

    def __init__(self, target: Path, holds: str) -> None:
        super().__init__(target, holds)
        self.target, self.holds = target, holds

    def __str__(self) -> str:
        return f"{self.target} holds {self.holds}; name an empty folder, or remove that one first"


class TargetNotWritable(DemoError):
    """The folder cannot be made or written to."""

    code = "demo_target_not_writable"

    def __init__(self, target: Path, reason: str) -> None:
        super().__init__(target, reason)
        self.target, self.reason = target, reason

    def __str__(self) -> str:
        return f"cannot write to {self.target} ({self.reason}); name a folder that you own"


class DiskFull(DemoError):
    """The disk ran out while music was written."""

    code = "demo_disk_full"

    def __init__(self, target: Path, needed_bytes: int) -> None:
        super().__init__(target, needed_bytes)
        self.target, self.needed_bytes = target, needed_bytes

    def __str__(self) -> str:
        return (
            f"the disk is full at {self.target}; the demo needs about {self.needed_bytes // 1_000_000} MB there. "
            "Free some and run again: what is finished is kept"
        )


class LibraryUnreadable(DemoError):
    """A folder does not hold a finished demo library."""

    code = "demo_library_unreadable"

    def __init__(self, target: Path, reason: str) -> None:
        super().__init__(target, reason)
        self.target, self.reason = target, reason

    def __str__(self) -> str:
        return f"{self.target} is no finished demo library ({self.reason}); make it with `audio-concepts demo`"


class RenderFailed(DemoError):
    """A rendered excerpt is not music: silent, clipped or not finite."""

    code = "demo_render_failed"

    def __init__(self, excerpt: str, problem: str) -> None:
        super().__init__(excerpt, problem)
        self.excerpt, self.problem = excerpt, problem

    def __str__(self) -> str:
        return f"excerpt {self.excerpt} came out {self.problem}; try another seed, and report this recipe"


class RenderingStopped(DemoError):
    """A rendering process died, most often for want of memory."""

    code = "demo_rendering_stopped"

    def __init__(self, target: Path) -> None:
        super().__init__(target)
        self.target = target

    def __str__(self) -> str:
        return f"a process that rendered into {self.target} was killed; run again to go on where it stopped"
