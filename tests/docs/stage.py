"""A place in which the pages' code can run within seconds: small sets, a short video, small networks, few steps."""

import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import torch

import vtzoo
from tests.datasets import layouts
from tests.docs.pages import ROOT
from vtzoo.models.backbones import cvt, swin, vit
from vtzoo.synthetic import Synthetic

ELSEWHERE = {  # what a line holds that is not run here -> why, and where it is seen instead
    r'^pip install|^python -m venv': 'installs; .ci/run does, and the names of extras are checked',
    r'^git clone|^pip install -e': 'the repository has no address yet',
    r'pytest|^ruff': 'the suite itself',
    r'^\S*ffmpeg|track - ': 'a pipe: tests/inference',
    r'track 0 |rtsp://': 'a camera or a stream: tests/inference has stand-ins',
    r'^vtzoo ui': 'serves until it is stopped: tests/ui',
    r'dist_train|slurm_train|^torchrun': 'several processes: tests/engine',
    r'^tensorboard': 'serves until it is stopped',
    r'^vtzoo pack': 'needs results of a whole benchmark: tests/evaluation/test_packing.py',
    r'^vtzoo vot': 'needs the toolkit: tests/evaluation/test_vot_toolkit.py',
    r'--expect|^vtzoo card update': 'holds a whole benchmark against the cards: tests/zoo',
    r"'ablations/table4": 'many variants: tests/sweep, and the dry run of one below',
    r'OWNER/NAME': 'the hub: tests/checkpoints/test_hub.py has a stand-in',
}
PLACES = {'VIDEO': 'street.mp4', 'ROOT': 'sets', 'DATA': 'sets', 'CONFIG': 'nano/lite_nano', 'CHECKPOINT': 'shipped',
          'OUT': 'exports/own', 'x,y,w,h': '20,20,30,24', 'my_sweep.py': 'docs_sweep.py'}
SHORTER = {'500steps': '2steps', '300steps': '2steps', 'iter_N.pth': 'iter_2.pth', 'iter_200.pth': 'iter_2.pth',
           'iter_2000.pth': 'iter_2.pth'}
FEWER = {  # what is added to a command
    'train': ['--max-iters', '2', '--cfg-options', 'train_dataloader.batch_size=2', 'train_dataloader.num_workers=0',
              'val_dataloader=None'],
    'quickstart': ['--sequences', '1', '--steps', '1'], 'benchmark': ['--frames', '3'], 'browse': ['--samples', '2'],
    'test': ['--workers', '1'], 'sweep': ['--seeds', '1', '--benchmark', 'own:sets/own/test'],
    'tune': ['--trials', '2']}


def shrink(monkeypatch):
    """Networks of the zoo with tiny backbones, and embedded sets of eight short sequences."""
    for archs, tiny in ((cvt.ARCHS, 'tiny'), (swin.ARCHS, 'tiny'), (vit.ARCHS, 'tiny')):
        for name in archs:
            monkeypatch.setitem(archs, name, archs[tiny])
    whole = Synthetic.__init__

    def few(self, split='train', root=None, sequences=None, length=None, *more, **options):
        judged = split != 'train'
        whole(self, split, root, sequences or (8 if judged else None), length or 24, *more, **options)

    monkeypatch.setattr(Synthetic, '__init__', few)


def make_stage(folder, monkeypatch):
    """Fill a folder with what the pages name."""
    for name in ('VTZOO_DATA', 'VTZOO_CONFIGS'):
        monkeypatch.delenv(name, raising=False)
    for name in ('VTZOO_CACHE', 'VTZOO_WEIGHTS', 'VTZOO_INDEX'):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.chdir(folder)
    shrink(monkeypatch)
    shutil.copytree(ROOT / 'configs', folder / 'configs')
    make_data(folder / 'sets')
    make_video(folder / 'street.mp4')
    make_weights(folder / 'vtzoo_weights')
    (folder / 'docs_sweep.py').write_text("configs = ['nano/sparsett_nano']\nbudget = dict(steps=2)\n"
                                          'from_scratch = True\n')


def make_data(root):
    """Miniatures of the sets."""
    layouts.got10k(root)
    for name in ('airplane-1', 'airplane-2', 'basketball-1'):
        layouts.lasot_sequence(root / 'lasot' / name.partition('-')[0] / name)
    for split in ('train', 'test'):
        layouts.own_videos(root / 'own' / split, ['dog', 'cat'], split)
        squares(root / 'squares' / split)


def squares(folder):
    """A white square that moves over grey, as the page about extending describes its set."""
    for video in 'ab':
        boxes = [(10 + 3 * i, 20 + i, 16, 16) for i in range(22)]
        for i, (x, y, w, h) in enumerate(boxes):
            image = np.full((90, 120, 3), 90, np.uint8)
            image[y:y + h, x:x + w] = 255
            layouts.write(folder / video / f'{i + 1:04}.png', cv2.imencode('.png', image)[1].tobytes())
        layouts.write(folder / video / 'groundtruth.txt', [','.join(map(str, box)) for box in boxes])


def make_video(path, frames=6):
    """A square that moves through a street of 640 x 480."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), 10, (640, 480))
    for i in range(frames):
        image = np.full((480, 640, 3), 90, np.uint8)
        image[80:128, 120 + 4 * i:184 + 4 * i] = 255
        writer.write(image)
    writer.release()


def make_weights(folder):
    """Random weights under the names of the released files, and a checkpoint of one's own."""
    folder.mkdir()
    torch.manual_seed(0)
    for name, file in (('mixformer_cvt21_spm', 'mixformer_online_22k.pth.tar'), ('sparsett_swin_t', 'sparsett.pkl')):
        torch.save(vtzoo.build_model(name).state_dict(), folder / file)
    model = vtzoo.build_model('mixformer_cvt21')
    torch.save(model.backbone.state_dict(), folder / 'CvT-21-384x384-IN-22k.pth')
    torch.save(model.state_dict(), 'mixformer_cvt21.pth')
    vtzoo.load_tracker('nano/mixformer_nano', weights='random').save_pretrained('my_tracker')
    torch.save(vtzoo.build_model('nano/mixformer_nano').state_dict(), 'best.pth')
    torch.save(vtzoo.build_model('nano/sparsett_nano').state_dict(), 'model.pth')


def names():
    """What blocks of Python take as given."""
    image = cv2.VideoCapture('street.mp4').read()[1][..., ::-1]
    return dict(image=image, next_image=image, x=120, y=80, w=64, h=48)


def elsewhere(line):
    """The entry of ELSEWHERE that a line falls under, or None."""
    return next((pattern for pattern in ELSEWHERE if re.search(pattern, line)), None)


def small(words):
    """A command line of vtzoo, with names of this place and made to end soon."""
    words = [re.sub(r'\[?(--)?\bFILE\]?$', '', word) for word in words]
    words = [PLACES.get(word, word) for word in words if word not in ('', '[]')]
    words = [re.sub(r'\b(ROOT|DATA)\b', 'sets', word) for word in words]
    for long, short in SHORTER.items():
        words = [word.replace(long, short) for word in words]
    words = [found for word in words for found in (sorted(map(str, Path().glob(word))) if '/*' in word else [word])]
    more = list(FEWER.get(words[0], ()))
    if words[0] == 'train':
        if '--cfg-options' in words:
            more.remove('--cfg-options')
            words += more[2:]
            more = more[:2]
        first = words.index('--cfg-options') if '--cfg-options' in words else len(words)
        if not {'--load-from', '--from-scratch', '--resume'} & set(words) and 'mixformer_cvt21' not in words[1]:
            more.append('--from-scratch')
        if '--data' in words and not words[1].endswith('.py') and '--load-from' not in words:
            more += ['--sets', 'got10k']
        return words[:first] + more + words[first:]
    if words[:1] == ['browse'] and words[1] == 'mixformer_cvt21':
        more += ['--sets', 'got10k']
    if 'lasot' in words and words[0] in ('test', 'report'):
        more.append('--partial')
    if words[0] == 'report' and '--data' not in words and any('lasot' in word for word in words):
        more += ['--data', 'sets', '--partial']
    if words[:2] == ['sweep', 'report']:
        return words
    if words[0] == 'sweep' and 'nano/sparsett_nano' in words and '--dry-run' not in words:
        more.append('--from-scratch')
    return words + more
