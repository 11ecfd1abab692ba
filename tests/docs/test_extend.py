"""The page about extending vtzoo works as it stands, from a folder outside the checkout."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data.datasets.layouts import squares

PAGE = Path(__file__).parents[2] / 'docs' / 'extend.md'

RUN = """
import shlex, sys
from pathlib import Path
from vtzoo.cli import main
for line in Path('commands.txt').read_text().splitlines():
    print(f'$ {line}', flush=True)
    code = main(shlex.split(line)[1:])
    if code:
        sys.exit(f'{line} ended with {code}')
from vtzoo.registry import BACKBONES, LOSSES, build
import timm, torch
from vtzoo.checkpoints.convert import backbone_weights
from vtzoo.structures import Boxes, Target
backbone = build(BACKBONES, dict(type='ConvNeXt', arch='convnext_atto'))
weights = backbone_weights(timm.create_model('convnext_atto').state_dict(), backbone)
backbone.load_state_dict(weights)
print('timm weights fit')
boxes = torch.tensor([[[0.5, 0.5, 0.2, 0.2]]])
for spoilt in (boxes * 0, boxes * -1, boxes * 1e30):
    value = build(LOSSES, dict(type='CharbonnierLoss'))(Boxes(boxes), Target(spoilt[0], torch.tensor([True])))
    assert value.isfinite(), spoilt
"""


@pytest.mark.slow
def test_the_page_runs_from_outside(tmp_path):
    text = PAGE.read_text('utf-8')
    for code in re.findall(r'```python\n(.*?)```', text, re.DOTALL):
        name = re.match(r'# (\S+\.py)\n', code)[1]
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code.partition('\n')[2] if name == 'my_tracker.py' else code)
    squares(tmp_path / 'data' / 'squares' / 'train', ['a', 'b', 'c'])
    squares(tmp_path / 'data' / 'squares' / 'test', ['a', 'b'])
    commands = re.search(r'```sh\n(vtzoo train.*?)```', text, re.DOTALL)[1].replace('DATA', 'data')
    (tmp_path / 'commands.txt').write_text(commands)
    done = subprocess.run([sys.executable, '-c', RUN], cwd=tmp_path, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    out = {line.partition('\n')[0]: line for line in done.stdout.split('$ vtzoo ')}
    explained = next(value for key, value in out.items() if key.startswith('explain'))
    assert 'correlation: search -> template' in explained
    assert '160 x 8 x 8' in explained, explained
    listed = ''.join(value for key, value in out.items() if key.startswith('list'))
    for name in ('ConvNeXt', 'DepthwiseCorrelation', 'CellHead', 'CharbonnierLoss', 'Liu et al., CVPR 2022'):
        assert name in listed
    cited = next(value for key, value in out.items() if key.startswith('cite'))
    assert '@inproceedings{liu2022convnext' in cited
    assert '% head CellHead, loss CharbonnierLoss' in cited
    assert 'timm weights fit' in said
    assert (tmp_path / 'parts.png').stat().st_size > 1000
    assert [path.name for path in (tmp_path / 'seen').iterdir()] == ['frame000001_head.png']
    assert (tmp_path / 'results' / 'a.txt').exists()
