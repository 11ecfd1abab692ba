"""Measure loading: samples a second on one core, against the straightforward path, in the same run.

python tools/benchmark_loading.py [--rounds 60]

Straightforward: decode whole, crop and resize, normalise to float. Both paths make the same samples of a
generated 1280x720 JPEG video in turn; medians of their processor time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from vtzoo.data.crops import AreaCrop, ContextCrop, Crop
from vtzoo.data.loading import cut
from vtzoo.data.sequence import FolderFrames, Numbered

WIDTH, HEIGHT, FRAMES = 1280, 720, 24
OBJECTS = (60, 120, 180, 270, 400)  # the object's side in pixels
RECIPES = dict(  # convention, template crops a sample
    MixFormer=(AreaCrop(128, 320, 2.0, 5.0), 2), SparseTT=(ContextCrop(127, 289, 0.5), 1))
MEAN, STD = (np.array(values, np.float32) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))


def write_video(folder: Path, rng: np.random.Generator) -> FolderFrames:
    """JPEG frames with detail at every scale, about 1 bit a pixel, as frames taken from videos have."""
    for frame in range(FRAMES):
        image = np.full((HEIGHT, WIDTH, 3), 128, np.float32)
        for octave in range(1, 10):
            shape = (max(2, HEIGHT >> (9 - octave)), max(2, WIDTH >> (9 - octave)), 3)
            noise = cv2.resize(rng.normal(size=shape).astype(np.float32), (WIDTH, HEIGHT),
                               interpolation=cv2.INTER_CUBIC)
            image += noise * 80 / 1.75**octave
        data = cv2.imencode('.jpg', image.clip(0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
        (folder / f'{frame:08d}.jpg').write_bytes(data.tobytes())
    return FolderFrames(folder, Numbered('%08d.jpg', 0, FRAMES))


def straightforward(frames: FolderFrames, index: int, crop: Crop, convention: AreaCrop | ContextCrop) -> np.ndarray:
    """Decode, crop, resize, normalise -> (3, size, size) float32."""
    image = cv2.cvtColor(cv2.imread(frames.where(index)), cv2.COLOR_BGR2RGB)
    inside = crop.cut(image, convention.fill(image))
    return np.ascontiguousarray(((inside.astype(np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1))


def fast(frames: FolderFrames, index: int, crop: Crop, convention: AreaCrop | ContextCrop) -> np.ndarray:
    """What training does -> (3, size, size) uint8; the device normalises."""
    return np.ascontiguousarray(cut(frames, index, crop, convention.fill).transpose(2, 0, 1))


def seconds(path: Callable, frames: FolderFrames, crops: list[Crop], indices: list[int],
            convention: AreaCrop | ContextCrop) -> float:
    """Processor time that a path takes to make a sample: what others do on the machine counts little."""
    start = time.thread_time()
    for index, crop in zip(indices, crops, strict=True):
        path(frames, index, crop, convention)
    return time.thread_time() - start


def measure(frames: FolderFrames, convention: AreaCrop | ContextCrop, templates: int, rounds: int,
            rng: np.random.Generator) -> dict[int, tuple[float, float, float, float]]:
    """Object -> seconds a sample straightforward and fast, mean and 99th percentile of the pixels' difference."""
    taken, differences = defaultdict(list), defaultdict(list)
    for _ in range(rounds):
        for side in OBJECTS:
            box = (rng.uniform(0, WIDTH - side), rng.uniform(0, HEIGHT - side), side, side)
            crops = [convention.search(box, True), *[convention.template(box, True)] * templates]
            indices = rng.integers(0, FRAMES, len(crops)).tolist()
            taken[side].append([seconds(path, frames, crops, indices, convention) for path in (straightforward, fast)])
            exact, quick = (cut(frames, indices[0], crops[0], convention.fill, full_decode)
                            for full_decode in (True, False))
            differences[side].append(np.abs(exact.astype(int) - quick).ravel())
    return {side: (*np.median(taken[side], axis=0), np.mean(differences[side]), np.percentile(differences[side], 99))
            for side in OBJECTS}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--rounds', type=int, default=60, help='samples of each kind (%(default)s)')
    rounds = parser.parse_args().rounds
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        frames = write_video(Path(folder), rng)
        bits = 8 * sum(path.stat().st_size for path in Path(folder).iterdir()) / (FRAMES * WIDTH * HEIGHT)
        print(f'{processor()}, one thread, OpenCV {cv2.__version__}, {WIDTH}x{HEIGHT} JPEG of {bits:.2f} bits a pixel')
        print('|Crops|Object|Straightforward|Fast|Gain|Difference, mean|99 %|\n|-|-|-|-|-|-|-|')
        for name, (convention, templates) in RECIPES.items():
            measured = measure(frames, convention, templates, rounds, rng)
            for side, (slow, quick, mean, most) in measured.items():
                gain = f'{1 / slow:.0f}/s|{1 / quick:.0f}/s|{slow / quick:.2f}x'
                print(f'|{name}|{side} px|{gain}|{mean:.1f}|{most:.0f}|')
            slow, quick = np.mean([row[:2] for row in measured.values()], axis=0)
            print(f'|{name}|all in turn|{1 / slow:.0f}/s|{1 / quick:.0f}/s|{slow / quick:.2f}x|||', flush=True)


def processor() -> str:
    """Its model, where the system says."""
    info = Path('/proc/cpuinfo')
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.partition(':')[2].strip() for line in lines if line.startswith('model name')), 'unknown')


if __name__ == '__main__':
    main()
