from __future__ import annotations

import httpx
import pytest
import typer
from typer.testing import CliRunner

from webapi.client import Client
from webapi.errors import ApiRefused
from worker.cli import export_commands


@pytest.fixture
def run(monkeypatch):
    def answer(request):
        if request.url.params.get("collection") == "nobody":
            problem = {"title": "Not Found", "status": 404, "detail": "no such collection", "code": "unknown"}
            return httpx.Response(404, json=problem)
        return httpx.Response(200, content=f"{request.url.params['format']}\n".encode())

    monkeypatch.setattr(
        "webapi.client.connect", lambda _settings: Client("http://127.0.0.1", transport=httpx.MockTransport(answer))
    )
    app = typer.Typer()
    app.callback()(lambda: None)
    export_commands.register(app)
    return lambda *words: CliRunner().invoke(app, ["export", *words])


def test_an_export_goes_to_standard_output_or_a_file(run, tmp_path):
    assert run("turtle").stdout == "turtle\n"
    file = tmp_path / "tree.csv"
    answer = run("csv", "--output", str(file))
    assert (answer.exit_code, file.read_text(), answer.stdout) == (0, "csv\n", "")
    assert [one.name for one in tmp_path.iterdir()] == ["tree.csv"]


def test_a_refused_export_leaves_the_file_as_it_was(run, tmp_path):
    file = tmp_path / "tree.csv"
    file.write_text("before")
    answer = run("csv", "--output", str(file), "--collection", "nobody")
    assert isinstance(answer.exception, ApiRefused)
    assert file.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["tree.csv"]


def test_a_format_that_is_none_is_refused(run):
    assert run("yaml").exit_code == 2
