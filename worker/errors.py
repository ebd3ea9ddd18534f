"""The root of every error the computation raises on purpose; each room keeps its own in its `errors.py`.

An error names the thing and the remedy in one sentence, and passes its fields to the base so that it survives pickling.
"""


class WorkerError(Exception):
    """Something a person can understand and mend; the command line prints it without a traceback."""

    code: str = "worker_error"
