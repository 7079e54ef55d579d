"""Runs the program ``cocal`` on a Dask cluster: see :func:`cocal.dask.run` and the console script ``cocal-dask``."""

from .errors import BinaryError, CallError, CocalError, SchedulerLost, TasksFailed, UsageError

__version__ = "0.1.0"
__all__ = ["BinaryError", "CallError", "CocalError", "SchedulerLost", "TasksFailed", "UsageError", "__version__"]
