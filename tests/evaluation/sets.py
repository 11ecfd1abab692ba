"""Small sets for the tests, written in the published layouts."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch

from vtzoo.api import build_model

CONFIGS = Path(__file__).parents[1] / 'configs'


def write_got10k(root: Path, lengths: tuple[int, ...] = (7, 12, 5, 9), size: tuple[int, int] = (96, 72)) -> Path:
    """A val split of GOT-10k: a bright patch that moves over noise; the third sequence is hidden once."""
    rng, folder = np.random.default_rng(0), root / 'got10k' / 'val'
    width, height = size
    for number, length in enumerate(lengths, 1):
        name = f'GOT-10k_Val_{number:06d}'
        (folder / name).mkdir(parents=True)
        ground = cv2.GaussianBlur(rng.integers(0, 160, (height, width, 3), np.uint8), (0, 0), 3)
        patch, boxes, cover = rng.integers(120, 255, (16, 20, 3), np.uint8), [], np.full(length, 8)
        x, y = rng.uniform(10, 40, 2)
        for frame in range(length):
            x, y = np.clip(np.array([x, y]) + rng.normal(0, 3, 2), 0, [width - 21, height - 17])
            image = ground.copy()
            image[round(y):round(y) + 16, round(x):round(x) + 20] = patch
            cv2.imwrite(str(folder / name / f'{frame + 1:08d}.jpg'), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
            boxes.append([round(x), round(y), 20, 16])
        if number == 3:
            cover[length // 2] = 0
        np.savetxt(folder / name / 'groundtruth.txt', boxes, fmt='%.4f', delimiter=',')
        np.savetxt(folder / name / 'cover.label', cover, fmt='%d')
        np.savetxt(folder / name / 'absence.label', cover == 0, fmt='%d')
        (folder / name / 'meta_info.ini').write_text(f'[METAINFO]\nresolution: ({width}, {height})\n')
    (folder / 'list.txt').write_text(''.join(f'GOT-10k_Val_{n:06d}\n' for n in range(1, len(lengths) + 1)))
    return root


def write_checkpoint(path: Path, config: str = 'mixformer_tiny', seed: int = 0) -> Path:
    """Random weights of a config of the tests."""
    torch.manual_seed(seed)
    torch.save(build_model(CONFIGS / f'{config}.py').state_dict(), path)
    return path
