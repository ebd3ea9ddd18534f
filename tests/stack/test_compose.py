"""The Compose file is valid, and says of every service what the local stack says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from worker.settings import PREFIX, Settings
from worker.stack import credentials, neo4j_server, redis_server, roster
from worker.stack.jars import Jars

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
SCHEMA = ROOT / "tests" / "data" / "compose-spec" / "compose-spec.json"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text("utf-8"))


def test_the_file_keeps_to_the_compose_schema(compose):
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(compose)


def test_the_schema_would_notice_a_mistake(compose):
    wrong = compose | {"services": compose["services"] | {"api": {"imagine": "nothing"}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(wrong)


def test_services_are_called_as_the_processes_of_the_local_stack(compose):
    assert tuple(compose["services"]) == roster.NAMES


def test_every_setting_of_the_local_stack_is_said_to_the_services(fresh_settings: Callable[[Path], Settings], tmp_path):
    told_here = set(credentials.environment(credentials.complete(fresh_settings(tmp_path))))
    told_there = set(re.findall(rf"\b{PREFIX}[A-Z0-9_]+", COMPOSE.read_text("utf-8")))
    key = f"{PREFIX}API_KEY"  # the local stack listens on loopback, where none is needed
    assert told_there == told_here | {key}


@pytest.mark.parametrize("name", ["worker-gpu", "worker-cpu"])
def test_workers_are_started_alike(compose, fresh_settings, tmp_path, name: str):
    (process,) = roster.chosen((name,))
    here = process.command(fresh_settings(tmp_path), Jars((), ()))
    there = compose["services"][name]["command"]
    assert [part for part in here[3:] if "@" not in part] == [part for part in there[1:] if "@" not in part]


def test_the_graph_is_guarded_alike(compose, fresh_settings, tmp_path):
    here = dict(
        line.split("=", 1)
        for line in neo4j_server.configuration(fresh_settings(tmp_path), tmp_path).splitlines()
        if line.startswith(("dbms.", "internal.dbms.cypher", "client."))
    )
    there = {
        name.removeprefix("NEO4J_").replace("__", "-").replace("_", ".").replace("-", "_"): str(value)
        for name, value in compose["services"]["neo4j"]["environment"].items()
    }
    here.pop("dbms.security.auth_enabled")  # the image's default, as long as NEO4J_AUTH is set
    here.pop("dbms.security.http_access_control_allow_origin")
    assert here == {name: there[name] for name in here}


def test_the_queue_is_kept_alike(compose, tmp_path):
    here = redis_server.configuration(tmp_path, 1, "x")
    there = " ".join(compose["services"]["redis"]["command"])
    for line in ("appendonly yes", "appendfsync everysec", 'save ""', "maxmemory-policy noeviction", "databases 1"):
        assert line in here
        assert f"--{line}" in there


def test_nothing_is_published_beyond_this_machine(compose):
    for service in compose["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_no_secret_has_a_default():
    text = COMPOSE.read_text("utf-8")
    assert re.findall(r"\$\{[A-Z0-9_]*PASSWORD:?-", text) == []
    assert all(":?" in use for use in re.findall(r"\$\{[A-Z0-9_]*PASSWORD[^}]*\}", text))


def test_only_the_gpu_queue_reserves_a_gpu(compose):
    reserving = [name for name, service in compose["services"].items() if "deploy" in service]
    assert reserving == ["worker-gpu"]


def test_images_are_built_from_targets_that_exist(compose):
    targets = set(re.findall(r"^FROM \S+ AS (\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE))
    wanted = {service["build"]["target"] for service in compose["services"].values() if "build" in service}
    assert wanted <= targets
