"""Files that exist whole or not at all: written beside their place, then renamed into it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

Content = str | bytes | bytearray | memoryview | Callable[[BinaryIO], object]
"""What a file holds: text (written as UTF-8), bytes, or a function that writes it into an open binary file."""


def write_atomically(path: str | Path, content: Content) -> None:
    """Write a file so that no reader ever finds it half written, whatever interrupts.

    The bytes go to a temporary file in the same folder, which is made if it is missing, and are flushed to the disk
    before the file takes its name. Every call has a temporary name of its own, so several processes may write the same
    file at once: the last one to finish wins.

    Raises:
        OSError: nothing can be written there. What was there before is untouched and the temporary file is gone.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f'.{path.name[:100]}.{os.getpid()}.{secrets.token_hex(4)}.part')
    try:
        with open(part, 'xb') as file:
            if callable(content):
                content(file)
            else:
                file.write(content.encode('utf-8') if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
