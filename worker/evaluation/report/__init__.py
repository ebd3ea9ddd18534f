"""An evaluation as one self-contained page: no script, no request, inert to whatever names it holds."""

from worker.evaluation.report.page import render

__all__ = ["render"]
