"""Wires a Celery worker: `celery -A worker.jobs.app:app worker -Q gpu|cpu --pool prefork -c 1`.

Reads the environment; opens nothing. Connections, threads and the network are made in the process that uses them, after
the fork. The reaper runs in the main process of every worker that serves the queue `cpu`.
"""

from __future__ import annotations

import logging
import multiprocessing
import socket
from typing import Any

from celery.signals import after_setup_logger, after_setup_task_logger, worker_ready, worker_shutting_down

from worker.jobs.broker import make_celery
from worker.jobs.doorbell import Doorbell
from worker.jobs.errors import WrongSettings
from worker.jobs.logs import formatter
from worker.jobs.reaper import Reaper
from worker.jobs.runner import StepRunner
from worker.jobs.tasks import register
from worker.jobs.workshop import Workshop
from worker.settings import load_settings

_settings = load_settings()
if _settings.redis_url is None:
    raise WrongSettings("AUDIO_CONCEPTS_REDIS_URL")
_redis_url = _settings.redis_url.get_secret_value()
_doorbell = Doorbell(_redis_url)
_reaper = Reaper(Workshop(_settings), _doorbell.ring, _redis_url, period_s=min(_settings.lease_s / 3, 5.0))

_leaving = multiprocessing.get_context("fork").Event()
"""Set when the worker is told to stop; the child that runs a step sees it, because it was forked from here."""

app = make_celery(_redis_url, is_worker=True)
register(
    app,
    StepRunner(
        workshop=Workshop(_settings),
        ring=_doorbell.ring,
        host=socket.gethostname(),
        lease_s=_settings.lease_s,
        is_leaving=_leaving.is_set,
    ),
)


@after_setup_logger.connect  # type: ignore[untyped-decorator]
@after_setup_task_logger.connect  # type: ignore[untyped-decorator]
def _write_json(logger: logging.Logger, **_: Any) -> None:
    for handler in logger.handlers:
        handler.setFormatter(formatter())


@worker_ready.connect  # type: ignore[untyped-decorator]
def _start_reaper(**_: Any) -> None:
    if "cpu" in app.amqp.queues.consume_from:
        _reaper.start()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _leave(**_: Any) -> None:
    _leaving.set()
    _reaper.stop()
