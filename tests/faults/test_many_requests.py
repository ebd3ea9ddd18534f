"""Simultaneous requests to a real API: one job, the others told which; streams that cannot starve it."""

import contextlib
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.conftest import free_ports
from tests.jobs.workers import ROOT, wait_for
from worker.stack.roster import ROSTER, child_environment

pytestmark = pytest.mark.stack


@pytest.fixture
def api(bench, tmp_path):
    """gunicorn as the stack starts it."""
    (tmp_path / "run").mkdir()
    settings = bench.settings.model_copy(update={"api_port": free_ports(1)[0], "home": tmp_path})
    command = next(one for one in ROSTER if one.name == "api").command(settings, None)
    with (tmp_path / "api.log").open("wb") as log:
        process = subprocess.Popen(command, env=child_environment(settings), stdout=log, stderr=log, cwd=ROOT)
    url = f"http://127.0.0.1:{settings.api_port}"

    def ready():
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{url}/health/ready", timeout=5).status_code == 200

    try:
        wait_for(ready, 60, every_s=0.2)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def post(url, **how):
    """One request; a machine so busy that Neo4j answers late says 503 with Retry-After, and is asked again."""
    for _ in range(15):
        answer = httpx.post(f"{url}/jobs/rebuild", json={}, timeout=30, **how)
        if answer.status_code != 503:
            break
        time.sleep(int(answer.headers["Retry-After"]))
    return answer


def post_24(url, **how):
    with ThreadPoolExecutor(24) as pool:
        return list(pool.map(lambda _: post(url, **how), range(24)))


def test_of_24_simultaneous_posts_one_makes_a_job_and_the_others_name_it(api, bench):
    found = post_24(api)
    made = [one.json()["id"] for one in found if one.status_code == 202]
    named = {one.json()["active_job"] for one in found if one.status_code == 409}
    (job,) = bench.graph.ledger.jobs()
    assert {one.status_code for one in found} <= {202, 409}
    assert len(made) <= 1  # none when the one that made it was answered too late, and asked again
    assert named | set(made) == {job.id}


def test_the_same_key_24_times_at_once_is_one_job(api, bench):
    found = post_24(api, headers={"Idempotency-Key": "once"})
    assert {one.status_code for one in found} == {202}
    assert len({one.json()["id"] for one in found}) == len(bench.graph.ledger.jobs()) == 1


def test_streams_are_bounded_and_ordinary_requests_find_threads(api, bench):
    job = bench.ask()
    url = f"{api}/jobs/{job.id}/events"
    with contextlib.ExitStack() as held, httpx.Client(timeout=20) as http:
        streams = [held.enter_context(http.stream("GET", url)) for _ in range(6)]
        assert {one.status_code for one in streams} == {200}
        refused = http.get(url)
        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_streams")
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: httpx.get(f"{api}/collections", timeout=20).status_code, range(64)))
        assert set(answers) == {200}
        bench.graph.ledger.cancel(job.id)
        assert all("cancelled" in one.read().decode() for one in streams)
    wait_for(lambda: httpx.get(url, timeout=20).status_code == 200, 30)
