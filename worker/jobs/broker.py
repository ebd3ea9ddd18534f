"""The Celery application's configuration, in one place, without reading the environment.

Celery and Redis are only the doorbell: a message carries one step's id, is acknowledged before the step runs, and is
never redelivered by Redis in time to matter. What is due, who does it and whether it is done stands in Neo4j.

Why these values: measured on Celery 5.7 with Redis 6.2, see docs/reliability.md. Late acknowledgement loses tasks when
a worker is killed and runs others twice; a result backend or a chord would be a second truth; one prefetched message
would wait behind a long step although another worker is idle.
"""

from __future__ import annotations

from celery import Celery

SOCKET_TIMEOUT_S = 5.0

TRANSPORT = "worker.jobs.transport:Transport"


def make_celery(redis_url: str, *, is_worker: bool = False) -> Celery:
    """A configured application; makes no connection.

    Args:
        redis_url: the broker with its password.
        is_worker: it receives, and waits for a broker that is away; who only sends gives up at once.
    """
    transport = {
        "socket_timeout": SOCKET_TIMEOUT_S,
        "socket_connect_timeout": SOCKET_TIMEOUT_S,
        "socket_keepalive": True,
        "health_check_interval": 10,
    }
    app = Celery("audio_concepts", set_as_current=False)
    if is_worker:
        app.conf.broker_transport = TRANSPORT
    app.conf.update(
        broker_url=redis_url,
        task_serializer="json",
        result_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        result_backend=None,
        task_acks_late=False,
        task_default_queue="cpu",
        task_create_missing_queues=True,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=transport if is_worker else {**transport, "max_retries": 0},
    )
    return app
