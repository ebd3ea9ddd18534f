"""How the command line speaks: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys


def say(text: str) -> None:
    """A result, for people; flushed, so that it stands before what follows."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say_json(value: object) -> None:
    """A result, for programs."""
    say(json.dumps(value, ensure_ascii=False, indent=2))


def note(text: str) -> None:
    """What is being done, or what went not quite right."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
