"""`audio-concepts`: puts the nouns' commands together and turns every deliberate error into one sentence.

Why errors are caught here alone: each of them already names the thing and the remedy, so a command has nothing to add;
with `--json` the same sentence comes as an object on standard error. Exit codes: 0 done, 1 refused or failed, 2 wrong
usage, 130 interrupted.
"""

from __future__ import annotations

import errno
import importlib
import json
import sys

import typer

from cypher.errors import GraphError
from worker.cli.output import note
from worker.errors import WorkerError

COMMANDS = (
    *(
        "stack",
        "demo",
        "library",
        "jobs",
        "schedule",
        "browse",
        "versions",
        "curate",
        "playlists",
        "tracks",
        "recommend",
        "export",
    ),
    *("answers", "drift", "keys", "activations", "evaluate", "hierarchy", "study", "reproduce"),
)
"""Nouns in the order a newcomer meets them; each is a module `<noun>_commands` with `register(app)`."""


def command_line() -> typer.Typer:
    """The whole command line, every noun's commands added."""
    app = typer.Typer(
        name="audio-concepts",
        help="Learn what playlists sound like, and grow a hierarchy of those concepts in Neo4j.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for noun in COMMANDS:
        importlib.import_module(f"worker.cli.{noun}_commands").register(app)
    return app


def _complain(code: str, message: str) -> None:
    if "--json" in sys.argv:
        note(json.dumps({"error": {"code": code, "message": message}}))
    else:
        note(f"error: {message}")


def main() -> None:
    """Run the command line; never shows a traceback for an error that was foreseen."""
    app = command_line()
    try:
        app()
    except (WorkerError, GraphError) as error:
        _complain(error.code, str(error))
        sys.exit(1)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        where = f" while writing {error.filename}" if error.filename else ""
        _complain("disk_full", f"the disk is full{where}; free some space and run the same command again")
        sys.exit(1)
    except KeyboardInterrupt:
        _complain("interrupted", "interrupted; run the same command again to go on")
        sys.exit(130)


if __name__ == "__main__":
    main()
