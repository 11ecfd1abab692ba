"""Failures of a run that a sentence explains; the command line prints it without a traceback."""


class RunError(RuntimeError):
    """A run cannot go on; the message says why and what to do."""
