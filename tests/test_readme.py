"""README keeps its word: its settings are the program's, its commands and files exist."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import typer.main
from werkzeug.serving import make_server

from tests.webapi.fakes.graph import FakeGraph
from tests.webapi.library import make_library
from webapi.factory import Options, create_app
from worker.cli.main import command_line
from worker.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def settings_table():
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        yield f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |"


def test_the_settings_table_is_the_programs():
    written = re.findall(rf"^\| `{PREFIX}.*$", README, re.MULTILINE)
    assert written == list(settings_table())


def test_every_command_that_is_named_exists():
    named = set(re.findall(r"audio-concepts ([a-z]+)\b", README))
    assert named <= set(typer.main.get_command(command_line()).commands)
    assert {"up", "down", "import", "rebuild", "tree", "tag"} <= named


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^    |`)make ([a-z]+)", README, re.MULTILINE)) <= targets


def test_every_file_that_is_linked_exists():
    assert [path for path in re.findall(r"\]\(([^)#:]+)\)", README) if not (ROOT / path).exists()] == []


def test_the_notebook_script_goes_from_an_address_to_a_frame_and_a_plot(tmp_path):
    (script,) = (one for one in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "webapi.client" in one)
    assert len(script.splitlines()) <= 15
    app = create_app(FakeGraph(make_library()), lambda _step: None, Options(check_every_s=0.1))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        script = script.replace("http://127.0.0.1:8090", f"http://127.0.0.1:{server.server_port}")
        environment = {**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT)}
        said = subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert said.returncode == 0, said.stderr
    assert "metal" in said.stdout
    assert "parent_name" in said.stdout
    assert (tmp_path / "concepts.png").read_bytes().startswith(b"\x89PNG")


def test_no_figure_is_still_missing():
    assert re.findall(r"FIGURE_\w+|_TABLE\b", README) == []
