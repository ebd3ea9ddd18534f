"""How the command line speaks: results on standard output, everything else on standard error."""

from __future__ import annotations

import contextlib
import getpass
import json
import sys
from collections.abc import Sequence


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


def inert(text: str) -> str:
    """The text with everything escaped that would move a terminal's cursor or change its colours."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def print_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """A result as columns under a head, whatever the cells hold."""
    from rich.cells import cell_len, set_cell_size

    table = [head, *(tuple(inert(cell) for cell in row) for row in rows)]
    widths = [max(cell_len(row[column]) for row in table) for column in range(len(head))]
    for row in table:
        say("  ".join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip())


def user() -> str:
    """Who sits at the terminal; empty in a container that knows no names."""
    with contextlib.suppress(KeyError, OSError, ImportError):
        return getpass.getuser()
    return ""
