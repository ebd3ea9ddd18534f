# syntax=docker/dockerfile:1
# Two images of one house: `api` answers (no torch), `worker` listens and learns.
# The locks pin every package by hash; the code is copied, not installed, and found through PYTHONPATH.

FROM python:3.11-slim AS ground
ENV PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN useradd --create-home --uid 10001 audio && mkdir /data && chown audio:audio /data
WORKDIR /app

FROM ground AS api
COPY requirements/base.txt requirements/
RUN pip install --require-hashes -r requirements/base.txt
COPY cypher cypher
COPY worker worker
COPY webapi webapi
USER audio
EXPOSE 8090
CMD ["gunicorn", "webapi.wsgi:app", "--bind", "0.0.0.0:8090", "--worker-class", "gthread", "--workers", "1", \
     "--threads", "16", "--graceful-timeout", "5", "--no-control-socket"]

FROM ground AS worker
COPY requirements/worker.txt requirements/alone.txt requirements/
RUN pip install --require-hashes -r requirements/worker.txt \
 && pip install --require-hashes --no-deps -r requirements/alone.txt
COPY cypher cypher
COPY worker worker
COPY webapi webapi
USER audio
CMD ["celery", "--app", "worker.jobs.app:app", "worker", "--queues", "cpu", "--pool", "prefork", "--concurrency", "1", \
     "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
