"""How plans, the queue and schedules are said, and what `schedule set` refuses before anything is sent."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
import typer
from typer.testing import CliRunner

from webapi.schemas import Label, work
from worker.cli import plan_view, queue_view, schedule_commands
from worker.cli.jobs_commands import BadSetting
from worker.jobs.requests import STAGES

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
JOB = UUID("7480f5bb-80e1-4d2c-88c0-5c840c09dbba")


def a_plan(*, expected_s=None, basis=JOB, **changes):
    stages = [
        work.PlannedStage(
            number=number,
            name=stage.name,
            label=stage.label,
            computes=3 if stage.name == "vectors" else None,
            reuses=40 if stage.name == "vectors" else None,
            unit=stage.unit,
            expected_s=None if stage.name == "activations" and expected_s is None else 1.5,
        )
        for number, stage in enumerate(STAGES, start=1)
    ]
    found = {
        "collection": Label(id="timbre", name="Timbre"),
        "version": 4,
        "parameters": {},
        "concepts": work.PlannedConcepts(
            new=[Label(id="a", name="Harp")], changed=[], gone=[Label(id="b", name="Lute")], unchanged=42
        ),
        "tracks": work.PlannedTracks(total=720, new=2, unheard=3, failed_before=1, heard=717, basis=basis),
        "nothing_to_do": False,
        "stages": stages,
        "expected_s": expected_s,
        "active_job": None,
    }
    return work.RebuildPlan(**(found | changes))


def test_a_plan_names_what_is_new_and_gone_and_what_it_costs():
    text = plan_view.plan_text(a_plan(expected_s=15.0))
    assert "Plan for Timbre (version 4); nothing was started" in text
    assert "1 new, 0 changed, 1 gone, 42 unchanged" in text
    assert "new        Harp" in text
    assert "gone       Lute" in text
    assert f"720, 2 new; 3 to listen to, 1 of them without sound before (as job {JOB} left them)" in text
    assert "about 1.5 s: 3 concepts computed, 40 reused" in text
    assert "in all       about 15 s" in text
    assert "refused" not in text


def test_what_nobody_has_timed_is_said():
    first = a_plan(version=None, tracks=a_plan().tracks.model_copy(update={"basis": None, "new": None}))
    text = plan_view.plan_text(first)
    assert "nothing published yet" in text
    assert "nobody has listened with these settings yet, so all of them are listened to" in text
    assert "and activations, never timed with these settings" in text


def test_a_plan_says_when_nothing_would_happen_and_when_it_would_be_refused():
    text = plan_view.plan_text(a_plan(nothing_to_do=True, active_job=JOB))
    assert "Nothing has changed" in text
    assert f"Job {JOB} is at work on this collection; a rebuild now would be refused." in text


def a_queue(**changes):
    found = {
        "waiting": {"gpu": 0, "cpu": 2},
        "set_aside": 1,
        "latest_set_aside": [work.SetAside(queue="cpu", why="no JSON", at=NOW, entry="x")],
        "broker": "",
        "reaper": work.Reaper(holder="host:1:ab", since=NOW, until=NOW, held=True),
    }
    return work.Queue(**(found | changes))


def test_the_queue_says_who_looks_after_it_and_what_was_set_aside():
    text = queue_view.queue_text(a_queue())
    assert "Waiting      gpu 0, cpu 2" in text
    assert "by host:1:ab since 2026-05-01 12:00:00 UTC" in text
    assert "2026-05-01 12:00:00 cpu: no JSON" in text


def test_a_queue_that_nobody_looks_after_names_the_remedy():
    lost = work.Reaper(holder="host:1:ab", since=NOW, until=NOW, held=False)
    assert "start a worker with `audio-concepts up`" in queue_view.queue_text(a_queue(reaper=lost))
    assert "no worker of the queue cpu has run" in queue_view.queue_text(a_queue(reaper=None))
    assert "Waiting      the broker is away" in queue_view.queue_text(a_queue(broker="the broker is away", waiting={}))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "say either every_h or at"),
        (["--every", "5", "--at", "03:00"], "say either every_h or at"),
        (["--at", "25:00"], "should match pattern"),
        (["--every", "5", "--day", "mon"], "days go with at"),
        (["--every", "5", "--set", "colour=red"], "write NAME=VALUE with one of"),
    ],
)
def test_a_schedule_that_does_not_fit_is_refused_before_anything_is_sent(monkeypatch, tmp_path, arguments, says):
    monkeypatch.setenv("AUDIO_CONCEPTS_HOME", str(tmp_path))
    app = typer.Typer()
    schedule_commands.register(app)
    done = CliRunner().invoke(app, ["schedule", "set", "--collection", "timbre", *arguments])
    assert isinstance(done.exception, BadSetting), done.output
    assert says in str(done.exception)
