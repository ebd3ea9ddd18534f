"""Up, status, logs and down, on real servers; Redis alone where one server shows it."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from neo4j import GraphDatabase

from worker.settings import Settings, load_settings
from worker.stack import control, credentials, questions
from worker.stack.errors import AlreadyRunning, NotRunning, PortBusy, ProcessFailed, UnknownProcess

pytestmark = pytest.mark.stack
REDIS = ("redis",)


@pytest.fixture
def settings(fresh_settings: Callable[[Path], Settings], tmp_path: Path) -> Iterator[Settings]:
    """Of a home that is cleared away whatever the test did."""
    made = fresh_settings(tmp_path / "a home")
    yield made
    with suppress(NotRunning):
        control.down(made)


def processes_of(home: Path) -> list[tuple[int, str]]:
    """(pid, command line) of what names the home, or (on Linux) works in it: Redis rewrites its command line."""
    listed = subprocess.run(["ps", "axo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    found = []
    for line in listed.splitlines():
        pid, _, command = line.strip().partition(" ")
        with suppress(OSError):
            command += f" [{Path(f'/proc/{pid}/cwd').readlink()}]"
        if str(home) in command:
            found.append((int(pid), command))
    return found


def wait_for(question: Callable[[], bool], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.05)
    return False


def test_up_answers_status_tells_and_down_leaves_nothing(settings: Settings):
    complete = control.up(settings, only=REDIS)
    assert questions.ask_redis(complete) is None
    told = control.status(complete)
    assert told.running
    assert [(one.name, one.state, one.restarts) for one in told.processes] == [("redis", "running", 0)]
    assert told.processes[0].ports == {"redis_port": settings.redis_port}
    control.down(complete)
    assert processes_of(complete.home) == []
    assert not control.status(complete).running
    assert not questions.listens(settings.redis_port)


def test_a_second_up_on_the_same_home_says_that_it_is_running(settings: Settings):
    control.up(settings, only=REDIS)
    with pytest.raises(AlreadyRunning, match=r"already running .*audio-concepts down"):
        control.up(settings, only=REDIS)
    assert control.status(settings).running


def test_down_without_a_stack_says_so(settings: Settings):
    with pytest.raises(NotRunning, match="audio-concepts up"):
        control.down(settings)


@pytest.mark.parametrize(
    ("setting", "variable"),
    [
        ("neo4j_bolt_port", "AUDIO_CONCEPTS_NEO4J_BOLT_PORT"),
        ("neo4j_http_port", "AUDIO_CONCEPTS_NEO4J_HTTP_PORT"),
        ("redis_port", "AUDIO_CONCEPTS_REDIS_PORT"),
        ("api_port", "AUDIO_CONCEPTS_API_PORT"),
    ],
)
def test_a_busy_port_is_named_with_its_setting_before_anything_starts(settings: Settings, setting: str, variable: str):
    with socket.create_server(("127.0.0.1", getattr(settings, setting))), pytest.raises(PortBusy) as caught:
        control.up(settings)
    assert variable in str(caught.value)
    assert str(getattr(settings, setting)) in str(caught.value)
    assert processes_of(settings.home.resolve()) == []
    assert not (settings.home / "stack.env").exists()


def test_secrets_are_kept_from_others_and_stay_the_same(settings: Settings):
    first = control.up(settings, only=REDIS)
    control.down(first)
    file = first.home / "stack.env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((first.home / "redis" / "redis.conf").stat().st_mode) == 0o600
    again = load_settings(first.home)
    assert again.neo4j_password == first.neo4j_password
    assert again.redis_url == first.redis_url
    for secret in (first.neo4j_password, first.redis_url):
        assert secret is not None
        assert len(secret.get_secret_value()) > 20
        assert secret.get_secret_value() not in repr(first)


def test_no_secret_is_seen_in_the_list_of_processes(settings: Settings):
    complete = control.up(settings, only=REDIS)
    listed = "\n".join(command for _, command in processes_of(complete.home))
    assert complete.redis_url is not None
    assert complete.redis_url.get_secret_value().split(":")[2].split("@")[0] not in listed


def test_what_dies_is_started_again_and_status_counts_it(settings: Settings):
    complete = control.up(settings, only=REDIS)
    ours = processes_of(complete.home)
    # Redis may have a child that rewrites its file: the server is the older one.
    server = min(pid for pid, command in ours if "guard.py" not in command and "worker.stack" not in command)
    os.kill(server, signal.SIGKILL)
    assert wait_for(lambda: control.status(complete).processes[0].restarts == 1, 5)
    assert wait_for(lambda: questions.ask_redis(complete) is None, 15)


def test_a_process_that_cannot_start_is_named_with_its_last_words(settings: Settings):
    folder = settings.home / "redis"
    folder.mkdir(parents=True)
    (folder / "appendonly.aof").write_bytes(b"this is not an append-only file\n")
    with pytest.raises(ProcessFailed) as caught:
        control.up(settings, only=REDIS, ready_s=30)
    assert caught.value.process == "redis"
    assert "append only file" in str(caught.value)
    assert processes_of(settings.home.resolve()) == []


def test_an_unknown_name_is_answered_with_the_known_ones(settings: Settings):
    with pytest.raises(UnknownProcess, match="worker-gpu"):
        control.up(settings, only=("reddis",))
    with pytest.raises(UnknownProcess, match="supervisor"):
        control.log_path(settings, "reddis")


def test_the_end_of_a_log_is_read_and_followed(tmp_path: Path):
    path = tmp_path / "x.log"
    assert control.last_lines(path, 3) == []
    path.write_text("\n".join(map(str, range(100))) + "\n")
    assert control.last_lines(path, 3) == ["97", "98", "99"]
    lines = control.follow(path)
    writer = subprocess.Popen(["sh", "-c", f"sleep 1; echo new >> '{path}'"])
    assert next(lines) == "new"
    writer.wait()


def test_after_kill_9_of_the_supervisor_no_orphan_lives_and_the_graph_is_still_there(settings: Settings):
    complete = control.up(settings, only=("neo4j", "redis"))
    assert complete.neo4j_password is not None
    auth = (complete.neo4j_user, complete.neo4j_password.get_secret_value())
    with GraphDatabase.driver(complete.neo4j_uri, auth=auth) as driver:
        driver.execute_query("CREATE (:Witness {said: 'acknowledged'})")
    supervisor = control.status(complete).supervisor
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    assert wait_for(lambda: processes_of(complete.home) == [], 5), processes_of(complete.home)
    control.up(load_settings(complete.home), only=("neo4j", "redis"))
    with GraphDatabase.driver(complete.neo4j_uri, auth=auth) as driver:
        records, _, _ = driver.execute_query("MATCH (w:Witness) RETURN w.said AS said")
    assert [record["said"] for record in records] == ["acknowledged"]
    control.down(complete)
    assert processes_of(complete.home) == []


def test_up_right_after_kill_9_waits_for_the_leftovers(settings: Settings):
    complete = control.up(settings, only=REDIS)
    supervisor = control.status(complete).supervisor
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    control.up(load_settings(complete.home), only=REDIS)
    assert control.status(complete).supervisor != supervisor
    assert questions.ask_redis(complete) is None


def test_the_launcher_may_be_killed_and_the_stack_stays(settings: Settings):
    code = (
        "import os, signal\n"
        "from worker.settings import load_settings\n"
        "from worker.stack import control\n"
        "control.up(load_settings(), only=('redis',))\n"
        "os.killpg(0, signal.SIGKILL)\n"
    )
    environment = os.environ | credentials.environment(settings, ("home", "redis_port"))
    subprocess.run([sys.executable, "-c", code], env=environment, start_new_session=True, check=False, timeout=60)
    assert control.status(settings).running
