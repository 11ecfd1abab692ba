"""The VOT toolkit itself runs an entry on a tiny experiment, where it is installed (extras vot and vots)."""

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest

from vtzoo.cli import main
from vtzoo.synthetic import Synthetic

STACK = '''
title: tiny
experiments:
  unsupervised:
    type: unsupervised
    repetitions: 1
    analyses:
      - {type: average_accuracy, name: accuracy, burnin: 1}
'''


@pytest.mark.slow
def test_an_unsupervised_experiment_from_end_to_end(tmp_path):
    pytest.importorskip('vot')
    workspace = tmp_path / 'workspace'
    for i in range(2):
        sequence, folder = Synthetic('test', length=12)[i], workspace / 'sequences' / f'v{i}'
        (folder / 'color').mkdir(parents=True)
        for k in range(12):
            cv2.imwrite(str(folder / 'color' / f'{k + 1:08}.jpg'), sequence.frames[k][..., ::-1])
        height, width = sequence.frames[0].shape[:2]
        np.savetxt(folder / 'groundtruth.txt', sequence.boxes, delimiter=',', fmt='%.3f')
        (folder / 'sequence').write_text(f'channels.color=color/%08d.jpg\nfps=30\nformat=default\nheight={height}\n'
                                         f'width={width}\nlength=12\nname=v{i}\n')
    (workspace / 'sequences' / 'list.txt').write_text('v0\nv1\n')
    (workspace / 'stack.yaml').write_text(STACK)
    (workspace / 'config.yaml').write_text('registry: [./trackers.ini]\nsequences: sequences\nstack: stack.yaml\n')
    assert main(['vot', 'init', str(workspace), 'nano/lite_nano', 'shipped']) == 0
    for action in (['evaluate', 'vtzoo_nano_lite_nano'], ['analysis', '--format', 'json']):
        done = subprocess.run([sys.executable, '-m', 'vot', action[0], '--workspace', str(workspace), *action[1:]],
                              capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (report,) = (workspace / 'analysis').rglob('*.json')
    text = json.dumps(json.loads(report.read_text()))
    assert 'vtzoo_nano_lite_nano' in text
    times = list((workspace / 'results' / 'vtzoo_nano_lite_nano' / 'unsupervised').rglob('*_time.value'))
    assert len(times) == 2, 'both sequences were run'
