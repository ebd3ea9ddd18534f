"""What the commands about jobs say: refusals before anything is sent, and what a job came to."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import typer
from typer.testing import CliRunner

from cypher.model import Job, Progress, Step
from webapi import translate
from worker.cli import job_view, jobs_commands
from worker.jobs.requests import STAGES, RebuildRequest, stage_number

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
JOB = "7480f5bb-80e1-4d2c-88c0-5c840c09dbba"
PUBLISHED = {
    "version": 4,
    "unchanged": False,
    "sha256": "ab",
    "kept": 12,
    "left_out": [{"id": "major", "name": "Major", "reason": "not_learnt: no better than random sets"}],
    "measures": {"edges": 11.0, "roots": 1.0, "depth": 5.0, "similarities": 56.0, "links": 714.0},
    "activations": {"computed": 3, "reused": 117, "failed": {"not_audio": 2}},
}


@pytest.fixture
def app():
    made = typer.Typer()
    jobs_commands.register(made)
    return made


@pytest.fixture
def no_servers(monkeypatch, tmp_path):
    """A home without a stack, and a port where nobody listens."""
    monkeypatch.setenv("AUDIO_CONCEPTS_HOME", str(tmp_path))
    monkeypatch.setenv("AUDIO_CONCEPTS_API_PORT", "1")


def a_job(state="succeeded", last="publish", error=("", "")):
    """A job whose stages have ended well up to `last`."""
    steps = []
    for stage in STAGES:
        is_over = stage_number(stage.name) <= stage_number(last)
        steps.append(
            Step(
                id=f"{JOB}.{stage.name}",
                job_id=JOB,
                name=stage.name,
                stage=stage_number(stage.name),
                shard=0,
                queue=stage.queue,
                state="succeeded" if is_over else state,
                attempts=1,
                progress=Progress(2, 2, stage.unit),
                payload={},
                result=PUBLISHED if is_over and stage.name == "publish" else ({} if is_over else None),
                started_at=NOW if is_over else None,
                finished_at=NOW + timedelta(seconds=1.5) if is_over else None,
            )
        )
    found = Job(
        *(JOB, "rebuild", "timbre", state, RebuildRequest().parameters(), NOW, NOW, NOW + timedelta(seconds=20)),
        result_version=4 if state == "succeeded" else None,
        error_code=error[0],
        error_message=error[1],
        steps=tuple(steps),
    )
    return translate.job(found, "Timbre")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("min_tracks", "write NAME=VALUE with one of backbone, pooling"),
        ("colour=red", "write NAME=VALUE with one of backbone, pooling"),
        ("min_tracks=few", "min_tracks=few: Input should be a valid integer"),
        ("min_tracks=1", "greater than or equal to 2"),
        ("q=2", "less than 1"),
    ],
)
@pytest.mark.usefixtures("no_servers")
def test_a_setting_that_is_none_is_refused_before_anything_is_sent(app, change, says):
    done = CliRunner().invoke(app, ["rebuild", "--set", change])
    assert isinstance(done.exception, jobs_commands.BadSetting)
    assert says in str(done.exception)


@pytest.mark.usefixtures("no_servers")
def test_an_api_that_is_away_is_named_with_the_command_that_starts_it(app):
    for arguments in (["rebuild"], ["jobs", "list"], ["jobs", "show", JOB], ["jobs", "cancel", JOB]):
        done = CliRunner().invoke(app, arguments)
        assert "audio-concepts up" in str(done.exception)


def test_an_id_that_is_none_is_wrong_usage(app):
    assert CliRunner().invoke(app, ["jobs", "show", "nope"]).exit_code == 2


def test_the_summary_says_what_came_of_it_and_why_concepts_were_left_out():
    text = job_view.summary_text(a_job())
    assert f"Job {JOB} on Timbre: succeeded in 20.0 s" in text
    assert "12 kept, 1 left out" in text
    assert "11 edges, 1 below the root, depth 5" in text
    assert "3 computed, 117 reused, 2 without sound (2 not_audio)" in text
    assert "Major: not_learnt: no better than random sets" in text
    assert "publish 1.5" in text


def test_the_summary_of_a_failure_is_its_sentence():
    text = job_view.summary_text(a_job("failed", "scan", ("no_sound", "none of the 4 tracks could be heard")))
    assert "failed in 20.0 s" in text
    assert "no_sound: none of the 4 tracks could be heard" in text
    assert "kept" not in text


def test_the_summary_is_plain_json():
    found = json.loads(json.dumps(job_view.summary(a_job())))
    assert found["version"] == 4
    assert found["seconds"]["scan"] == 1.5
    assert found["activations"]["reused"] == 117


def test_watching_ends_with_the_job_as_it_ended(capsys):
    jobs = [a_job("queued", "scan"), a_job("running", "vectors"), a_job()]
    assert job_view.watch(jobs) is jobs[-1]
    drawn = capsys.readouterr()
    assert drawn.out == ""
    assert all(stage.label in drawn.err for stage in STAGES)
