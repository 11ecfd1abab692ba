"""Code blocks of pages run, in the order of their page: tiny backbones, a short video, fewer steps."""

import re

import cv2
import numpy as np
import pytest
import torch

import vtzoo
from tests.docs.pages import DOCS, FENCE, PAGES, ROOT, SHELLS, commands, vtzoo_words
from vtzoo.cli import main
from vtzoo.models.backbones import cvt, swin, vit

RUN = [DOCS / page for page in ('index.md', 'faq.md', 'track.md', 'reference/api.md', 'tutorials/video.md')]
"""Pages whose blocks run here; those of extend.md run in test_extend.py. Of the others, and of README, Python is parsed
and commands and flags are checked in test_pages.py: they need sets, exports or checkpoints that nothing makes yet."""
ELSEWHERE = {  # lines that do not run here -> where they are seen
    r'^pip install': '.ci/run',
    r'^ffmpeg': 'a pipe: tests/inference',
    r'track 0 |rtsp://': 'cameras and streams: tests/inference, with stand-ins',
    r'^vtzoo ui': 'serves until it is stopped: tests/ui'}
SHORT = {'quickstart': ['--sequences', '1', '--steps', '1']}
"""What is added to a command, so that it ends soon."""


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """A folder with the files that the pages name, and what their Python takes as given."""
    for name in ('VTZOO_DATA', 'VTZOO_CONFIGS'):
        monkeypatch.delenv(name, raising=False)
    for name in ('VTZOO_CACHE', 'VTZOO_WEIGHTS'):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    for archs in (cvt.ARCHS, swin.ARCHS, vit.ARCHS):
        for name in archs:
            if name != 'nano' and not name.startswith('vit'):  # OSTrack's elimination names blocks of a deep ViT
                monkeypatch.setitem(archs, name, archs['tiny'])
    (tmp_path / 'vtzoo_weights').mkdir()
    torch.save(vtzoo.build_model('mixformer_cvt21_spm').state_dict(),
               tmp_path / 'vtzoo_weights' / 'mixformer_online_22k.pth.tar')
    frames = write_street(tmp_path / 'street.mp4')
    return dict(image=frames[0], next_image=frames[1], x=120, y=80, w=64, h=48)


def write_street(path, count=6):
    """A white square that moves through a video of 640 x 480; its frames in RGB."""
    frames = np.full((count, 480, 640, 3), 90, np.uint8)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), 10, (640, 480))
    for i, frame in enumerate(frames):
        frame[80:128, 120 + 4 * i:184 + 4 * i] = 255
        writer.write(frame)
    writer.release()
    return frames


@pytest.mark.slow
@pytest.mark.parametrize('page', RUN, ids=lambda page: page.stem)
def test_every_block_runs(page, stage, capsys):
    for found in FENCE.finditer(page.read_text('utf-8')):
        if found[3] == 'python':
            exec(compile(found[4], page.name, 'exec'), stage)
        elif found[3] in SHELLS:
            for line in filter(runs_here, found[4].splitlines()):
                for words in map(vtzoo_words, commands(line)):
                    code, said = main([*words, *SHORT.get(words[0], [])]), capsys.readouterr()
                    assert code == 0, f'{line}\n{said.out[-2000:]}\n{said.err[-2000:]}'


def runs_here(line):
    return not any(re.search(pattern, line) for pattern in ELSEWHERE)


@pytest.mark.parametrize('pattern', ELSEWHERE)
def test_what_runs_elsewhere_is_still_on_a_page(pattern):
    assert any(re.search(pattern, line) for page in RUN for line in page.read_text('utf-8').splitlines())


def test_extras_that_pages_install_exist():
    import configparser
    setup = configparser.ConfigParser()
    setup.read(ROOT / 'setup.cfg')
    text = ''.join(page.read_text('utf-8') for page in (*PAGES, ROOT / 'README.md'))
    named = {extra for group in re.findall(r'(?:vtzoo|\.)\[(\w+(?:,\w+)*)\]', text) for extra in group.split(',')}
    assert named
    assert named <= set(setup['options.extras_require'])
