"""What produced a run: versions, revision, machine. Written beside its results."""

from __future__ import annotations

import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import vtzoo


def versions() -> dict[str, str]:
    """Of what decides a result's last digits."""
    import cv2
    import mmengine
    import numpy as np
    import torch

    return dict(vtzoo=vtzoo.__version__, python=platform.python_version(), torch=torch.__version__,
                numpy=np.__version__, opencv=cv2.__version__, mmengine=mmengine.__version__)


def revision() -> str | None:
    """The git commit of a checkout of vtzoo, '+' added where files differ from it; None: it is installed."""
    root = Path(vtzoo.__file__).parents[1]
    if not (root / '.git').exists():
        return None
    try:
        found = subprocess.run(['git', 'describe', '--always', '--abbrev=12', '--dirty=+'], cwd=root,
                               capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()


def machine(device: str) -> str:
    """The processor a device is, by name."""
    import torch

    if torch.device(device).type == 'cuda':
        return torch.cuda.get_device_name(device)
    cpuinfo = Path('/proc/cpuinfo')
    models = [line.partition(':')[2].strip() for line in (cpuinfo.read_text().splitlines() if cpuinfo.exists() else ())
              if line.startswith('model name')]
    return models[0] if models else platform.processor() or platform.machine()


def now() -> str:
    """Date and time, UTC."""
    return datetime.now(timezone.utc).isoformat(timespec='seconds')
