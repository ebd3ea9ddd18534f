"""Every phase of schemathesis against a served API, counted: `python -m tests.webapi.report_any_request`.

The API stands before the graph that the settings name, which must be empty and is left empty. What schemathesis says is
printed, its count of test cases among it; its exit status is the program's. Event streams are left out: they have no
end to wait for. gunicorn is left out too: it refuses lines beyond 4094 bytes itself, before the API sees them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from cypher.store import Graph
from tests.webapi.scratch import scratch_graph
from webapi.factory import Options, create_app
from worker.settings import load_settings

PHASES = "examples,coverage,fuzzing,stateful"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
CALM_S = 5.0
"""Between two looks at the graph: on a busy machine a copy is not called stale, and not ready, for it."""


class Silent(WSGIRequestHandler):
    """Without a line for every request."""

    def log(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def answering(graph: Graph) -> Iterator[str]:
    """An API in front of the graph; its address."""
    app = create_app(graph, lambda _step: None, Options(check_every_s=CALM_S))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    """Read the arguments, serve, ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=10, help="cases an operation, in the phase that makes them up")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    hooks = Path(__file__).with_name("any_request_hooks.py")
    with scratch_graph(load_settings()) as graph, answering(graph) as url, tempfile.TemporaryDirectory() as folder:
        command = [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/openapi.json"),
            *("--phases", PHASES),
            *("--checks", CHECKS),
            *("--exclude-path-regex", "/events$"),
            *("--max-examples", str(asked.examples)),
            *("--seed", str(asked.seed)),
            *("--suppress-health-check", "all"),
            *("--warnings", "off"),
            "--no-color",
            "--continue-on-failure",
        ]
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": str(hooks)}
        done = subprocess.run(command, cwd=folder, env=environment, check=False)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
