"""Logs are one JSON object a line, with the ids of what is at work and without the values of variables."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import logging
import structlog
from worker.jobs.logs import log_as_json
log_as_json()
with structlog.contextvars.bound_contextvars(job="a-job", step="a-step"):
    logging.getLogger("some.library").warning("step %s is %s", 1, "late")
    structlog.get_logger("ours").info("answered", status=200)
    try:
        secret = "hunter" + "2"
        raise ValueError("broken")
    except ValueError as error:
        structlog.get_logger("ours").error("unforeseen", exc_info=error)
logging.getLogger("some.library").info("afterwards")
logging.getLogger("some.library").debug("never")
"""


def test_every_line_is_json_whoever_wrote_it():
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert said.stdout == ""
    lines = [json.loads(line) for line in said.stderr.splitlines()]
    assert [(one["event"], one["level"], one["logger"], one.get("job")) for one in lines] == [
        ("step 1 is late", "warning", "some.library", "a-job"),
        ("answered", "info", "ours", "a-job"),
        ("unforeseen", "error", "ours", "a-job"),
        ("afterwards", "info", "some.library", None),
    ]
    assert all(one["timestamp"].endswith("Z") for one in lines)
    assert lines[1]["status"] == 200
    assert "ValueError: broken" in lines[2]["exception"]
    assert "hunter2" not in said.stderr
