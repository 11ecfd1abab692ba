"""A folder in which the code blocks of a page run: what the page names is there, small, and its trainings end soon."""

import re
import shutil

import cv2
import numpy as np
import torch

import vtzoo
from tests.data.datasets import layouts
from tests.data.datasets.test_images import coco
from tests.docs.pages import ROOT
from vtzoo.models.backbones import cvt, swin, vit
from vtzoo.synthetic import Synthetic

SOON = ('train_dataloader.batch_size=2', 'train_dataloader.num_workers=0', 'val_dataloader=None')
"""Of every training on a page."""
QUICK = {'quickstart': ['--sequences', '1', '--steps', '1'], 'benchmark': ['--frames', '3'], 'tune': ['--trials', '2']}
"""What is added to a command, so that it ends soon."""


def prepare(folder, monkeypatch):
    """Enter the folder; tiny backbones under the names of large ones, a short embedded set -> what Python blocks take
    as given."""
    for name in ('VTZOO_DATA', 'VTZOO_CONFIGS'):
        monkeypatch.delenv(name, raising=False)
    for name in ('VTZOO_CACHE', 'VTZOO_WEIGHTS'):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.chdir(folder)
    for archs in (cvt.ARCHS, swin.ARCHS, vit.ARCHS):
        for name in archs:
            if name != 'nano' and not name.startswith('vit'):  # OSTrack's elimination names blocks of a deep ViT
                monkeypatch.setitem(archs, name, archs['tiny'])
    whole = Synthetic.__init__

    def short(self, split='train', root=None, sequences=None, length=None, **more):
        whole(self, split, root, sequences or (None if split == 'train' else 8),
              length or (None if split == 'train' else 12), **more)
    monkeypatch.setattr(Synthetic, '__init__', short)
    frames = write_street(folder / 'street.mp4')
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


def released(folder, *configs):
    """Checkpoints of random weights under the names that the table of released weights gives them."""
    from vtzoo.checkpoints.cache import released as table
    (folder / 'vtzoo_weights').mkdir(exist_ok=True)
    for name in configs:
        row = table()[name]
        model = vtzoo.build_model(name) if row.kind == 'tracker' else vtzoo.build_model('mixformer_cvt21').backbone
        torch.save(model.state_dict(), folder / 'vtzoo_weights' / row.file)


def checkpoint(path, config):
    """Random weights of a config, with it, as a training writes them."""
    cfg = vtzoo.load_config(config)
    torch.save(dict(state_dict=vtzoo.build_model(cfg).state_dict(), meta=dict(cfg=cfg.pretty_text, iter=1)), path)


def sets(root):
    """Miniature benchmarks and training sets."""
    layouts.got10k(root)
    for name in ('airplane-1', 'airplane-9'):
        layouts.lasot_sequence(root / 'lasot' / 'airplane' / name)
    layouts.trackingnet_sequence(root / 'trackingnet' / 'TRAIN_0', 'a_0')
    coco(root / 'coco')


def own_data(root):
    """One's own videos, as the page about them lays them out."""
    for split in ('train', 'val', 'test'):
        layouts.squares(root / 'own' / split, ['cup', 'dog'])


def write_page(page, text, folder):
    """What a page names: files, weights, sets -> its Python blocks that are configs without a name."""
    shutil.copytree(ROOT / 'configs', folder / 'configs')
    sets(folder / 'ROOT')
    own_data(folder / 'OWN')
    own_data(folder / 'ROOT')
    if 'released' in text or page in ('weights', 'faq', 'train_mixformer', 'reproduce', 'judge'):
        released(folder, 'mixformer_cvt21_spm', 'sparsett_swin_t', 'CvT-21-384x384-IN-22k.pth')
    checkpoint(folder / 'best.pth', 'nano/mixformer_nano')
    checkpoint(folder / 'model.pth', 'nano/sparsett_nano')
    if page == 'mmengine':  # its recipe, for two steps
        (folder / 'configs' / 'mixformer_cvt21.py').write_text(
            f"_base_ = '{ROOT}/tests/configs/run_tiny.py'\ntrain_cfg = dict(max_iters=2)\n")
    fragments = []
    for number, code in enumerate(re.findall(r'^ *```python\n(.*?)^ *```', text, re.DOTALL | re.MULTILINE)):
        if named := re.match(r'# (\w+\.py)\n', code):
            (folder / named[1]).write_text(code)
        elif page == 'sweep':
            (folder / 'my_sweep.py').write_text(code)
        elif not is_code(code):
            base = '' if '_base_' in code else "_base_ = '../nano/mixformer_nano.py'\n"
            path = folder / 'configs' / 'hybrids' / f'block{number}.py'
            path.write_text(base + code)
            fragments.append(path)
    return fragments


def filled_in(line):
    """A line of a page with its placeholders filled in."""
    if re.search(r'vtzoo (train|browse|tune|sweep)', line):
        line = line.replace('ROOT', 'OWN')  # holds no set that a config names: one's own videos are taken
    for name, meant in dict(VIDEO='street.mp4', CONFIG='nano/mixformer_nano', CHECKPOINT='best.pth',
                            iter_N='iter_2', iter_2000='iter_2', iter_200='iter_2').items():
        line = line.replace(name, meant)
    return line.replace(' [FILE]', '').replace('x,y,w,h', '120,80,64,48')


def is_code(code):
    """Whether a Python block is to be executed; the others are files and configs."""
    return not re.match(r'# \w+\.py\n', code) and bool(re.search(r'^(import|from) |^tracker\.', code, re.MULTILINE))


def soon(words):
    """A command that ends soon: later options win over those of the page."""
    if words[0] == 'train':
        own = [word for word in words if re.match(r'[a-z_.0-9]+=', word)]
        plain = [word for word in words if word not in own and word != '--cfg-options']
        if not {'--load-from', '--resume', '--from-scratch'} & set(words):
            plain.append('--from-scratch')  # pretrained weights come from the network
        return [*plain, '--max-iters', '2', '--cfg-options', *own, *SOON]
    if words[:1] == ['sweep'] and words[1] != 'report':
        return [*words, *({'--dry-run'} - set(words))]
    if (words[0] in ('test', 'report') and 'lasot' in ' '.join(words)) or 'uav123' in words:
        words = [*words, '--partial']  # of the set, two sequences are there
    if words[0] == 'tune' and '--train' in words:
        words = [*words, '--budget', '2steps']
    if words[0] == 'test':
        words = [*words, '--workers', '1']  # in this process, whose backbones are tiny
    return [*words, *QUICK.get(words[0], [])]
