"""A short video in many forms, and a small tracker whose weights lie in a file."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import vtzoo

HERE = Path(__file__).parents[1]
SIZE, COUNT, BOX = (96, 64), 6, (30.0, 20.0, 20.0, 16.0)


@pytest.fixture(scope='session')
def config(tmp_path_factory):
    """A config file of a very small tracker."""
    path = tmp_path_factory.mktemp('config') / 'smallest.py'
    path.write_text(f"_base_ = [{str(HERE / 'configs' / 'mixformer_tiny.py')!r}]\n"
                    'model = dict(crop=dict(template_size=32, search_size=64), head=dict(channels=8))\n')
    return path


@pytest.fixture(scope='session')
def weights(config):
    """Its checkpoint."""
    torch.manual_seed(0)
    path = config.with_suffix('.pth')
    torch.save(dict(state_dict=vtzoo.build_model(vtzoo.load_config(config)).state_dict()), path)
    return path


@pytest.fixture(scope='session')
def online(config, weights):
    """Make a tracker with these weights."""
    return lambda: vtzoo.load_tracker(config, weights)


@pytest.fixture(scope='session')
def images():
    """COUNT frames (H, W, 3) uint8 RGB: a textured block that moves over a texture."""
    rng = np.random.RandomState(5)
    ground = cv2.resize(rng.randint(0, 255, (16, 24, 3)).astype(np.uint8), SIZE, interpolation=cv2.INTER_CUBIC)
    block = cv2.resize(rng.randint(0, 255, (4, 5, 3)).astype(np.uint8), (20, 16), interpolation=cv2.INTER_NEAREST)
    frames = [ground.copy() for _ in range(COUNT)]
    for i, frame in enumerate(frames):
        frame[20 + i:36 + i, 30 + 2 * i:50 + 2 * i] = block
    return frames


@pytest.fixture
def folder(tmp_path, images):
    """Frames 1.png ... in a folder, whose names sort otherwise than they count."""
    home = tmp_path / 'seq'
    home.mkdir()
    for i, image in enumerate(images):
        write_image(home / f'img_{i + 6}.png', image)
    return home


def write_image(path, image):
    cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))


def write_video(path, images, fps=25, codec='FFV1'):
    """A video without loss (FFV1 in .mkv or .avi), or with another codec."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), fps, images[0].shape[1::-1])
    for image in images:
        writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


@pytest.fixture
def vtzoo_track(config, weights, capsys):
    """Run `vtzoo track` with the small tracker -> exit code, stdout, stderr."""
    from vtzoo.cli import main

    def run(*words, box='30,20,20,16', command='track'):
        boxes = ['--box', box] if box else []
        code = main([command, *map(str, words), *boxes, '--config', str(config), '--checkpoint', str(weights)])
        return code, *capsys.readouterr()
    return run
