"""Runs cocal's batches on many machines. The work itself is done by the program ``cocal``, which must be installed there."""

__version__ = "0.1.0"
