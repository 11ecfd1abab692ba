"""mmengine's Runner with a screen for people: the log file keeps everything."""

from __future__ import annotations

import logging
from typing import Any

from mmengine.logging import MMLogger
from mmengine.runner import Runner

NOISE = ('"FileClient" will be deprecated', '"HardDiskBackend" is the alias', 'Distributed training is not used',
         'Checkpoints will be saved to')
"""mmengine's remarks on itself, which say nothing about the run."""


def worth_showing(record: logging.LogRecord) -> bool:
    """Whether a log record goes to the screen: no tables of hooks and environment, no remarks of mmengine's."""
    text = record.getMessage()
    listing = text.count('\n') > 12
    return not listing and not any(noise in text for noise in NOISE)


class QuietRunner(Runner):
    """Runner whose terminal shows the banner, the steps, validation and warnings."""

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """mmengine's logger, its screen filtered."""
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if not isinstance(handler, logging.FileHandler):
                handler.addFilter(worth_showing)
        return logger
