"""What is installed, where data and weights are looked for, and what to do about what is missing.

vtzoo doctor
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGES = ('torch', 'torchvision', 'timm', 'mmengine', 'mmcv-lite', 'numpy', 'opencv-python', 'einops')
EXTRAS = dict(export=('onnx', 'onnxscript', 'onnxruntime', 'openvino'), ui=('starlette', 'uvicorn'),
              drive=('gdown',), vot=('vot-toolkit',))
"""Extra -> what it installs."""
MODULES = {'opencv-python': 'cv2', 'mmcv-lite': 'mmcv', 'vot-toolkit': 'vot'}
OPENCV = ('opencv-python', 'opencv-python-headless', 'opencv-contrib-python', 'opencv-contrib-python-headless')


class Finding(NamedTuple):
    """good: True, False, or None for what is only said."""

    good: bool | None
    what: str
    advice: str = ''


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: none."""


def run(args: argparse.Namespace) -> int:
    """Look and say; 1 where something that every command needs is missing."""
    faults = 0
    for title, findings in (('Packages', packages()), ('Device', device()), ('Data and weights', places()),
                            ('Extras', extras())):
        print(title)
        for one in findings:
            sign = {True: 'ok', False: '!!', None: '  '}[one.good]
            print(f'  {sign} {one.what}' + (f'\n       -> {one.advice}' if one.advice else ''))
            faults += one.good is False
    print('\nAll that is needed is there.' if not faults else f'\n{faults} of these stop vtzoo from working.')
    return 1 if faults else 0


def version_of(package: str) -> str | None:
    """None: not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def packages() -> Iterator[Finding]:
    """Python, and what every command needs."""
    from vtzoo import __version__

    yield Finding(None, f'vtzoo {__version__}, Python {platform.python_version()}, {platform.platform()}')
    for package in PACKAGES:
        version = version_of(package)
        other = next((f'{one} {version_of(one)}' for one in OPENCV if version_of(one)), None)
        if version is None and package == 'opencv-python' and other:
            yield Finding(True, f'{other} (in the place of opencv-python)')
        elif version is None:
            yield Finding(False, f'{package} is not installed', f'pip install {package}')
        else:
            yield Finding(True, f'{package} {version}')
    several = [one for one in OPENCV if version_of(one)]
    if len(several) > 1:
        yield Finding(None, f'{" and ".join(several)} are installed together and overwrite each other',
                      f'pip uninstall {" ".join(several)}, then pip install opencv-python')
    if version_of('mmcv') and version_of('mmcv-lite'):
        yield Finding(None, 'mmcv and mmcv-lite are installed together and overwrite each other',
                      'pip uninstall mmcv mmcv-lite, then install one of them')


def device() -> Iterator[Finding]:
    """What the networks run on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()
    yield Finding(None, f'{cores} processor cores for this process')
    if importlib.util.find_spec('torch') is None:
        return
    import torch

    if torch.cuda.is_available():
        for i in range(torch.cuda.device_count()):
            yield Finding(True, f'cuda:{i} {torch.cuda.get_device_name(i)}: --device cuda:{i}')
    elif torch.version.cuda and Path('/proc/driver/nvidia').exists():
        yield Finding(None, 'there is an NVIDIA driver, and torch cannot use it',
                      f'this torch is built for CUDA {torch.version.cuda}: update the driver, or install another torch')
    else:
        yield Finding(None, 'no GPU that torch can use: networks run on the CPU')


def places() -> Iterator[Finding]:
    """Where files are looked for, and how much room is left."""
    from vtzoo.checkpoints.cache import cache_folder
    from vtzoo.data.roots import cache_root, data_root

    root = data_root()
    if root is None:
        yield Finding(None, 'no data root: commands that need benchmark data will ask for one',
                      'name it with --data ROOT or VTZOO_DATA; training without one uses the embedded set')
    elif not root.is_dir():
        yield Finding(None, f'the data root {root} is not there', 'correct VTZOO_DATA')
    else:
        yield Finding(True, f'data root {root.resolve()}: `vtzoo data check {root}` says what is in it')
    for what, folder in (('downloaded weights', cache_folder()), ('indices of data sets, exports', cache_root())):
        yield _folder(what, Path(folder))
    if not any(os.environ.get(name) for name in ('DISPLAY', 'WAYLAND_DISPLAY')) and platform.system() == 'Linux':
        yield Finding(None, 'no display: boxes cannot be drawn with the mouse', 'give --box x,y,w,h, or use `vtzoo ui`')


def _folder(what: str, folder: Path) -> Finding:
    """Whether it can be written, and how much room it has."""
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(there, os.W_OK):
        return Finding(False, f'{what}: {folder} cannot be written', 'name another folder with VTZOO_WEIGHTS or '
                                                                     'VTZOO_CACHE')
    return Finding(True, f'{what}: {folder} ({shutil.disk_usage(there).free / 2 ** 30:.0f} GiB free)')


def extras() -> Iterator[Finding]:
    """What can be added."""
    for extra, needed in EXTRAS.items():
        missing = [package for package in needed if version_of(package) is None]
        yield Finding(None if missing else True, f'{extra}: ' + ('not installed' if missing else 'installed'),
                      f"pip install 'vtzoo[{extra}]'" if missing else '')
