"""Logs as one JSON object a line, on standard error: time, level, event, logger, and the ids of what is at work.

Conventions: whoever begins a piece of work binds its ids to the context (`structlog.contextvars`): a request its
`request`, a step its `job` and `step`; every line that is written meanwhile carries them, whichever library
writes it. Tracebacks are text without the values of variables: these may hold keys and passwords.
"""

from __future__ import annotations

import logging
import sys

import structlog

_PARTS: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def formatter() -> logging.Formatter:
    """For handlers of the standard library: what anybody logs becomes such a line."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_PARTS,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
    )


def log_as_json() -> None:
    """Let this process write such lines, from the level of information upwards; for programs, never at import."""
    structlog.configure(
        processors=[*_PARTS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter())
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
