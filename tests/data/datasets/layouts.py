"""Miniature copies of the sets, written in the layouts their authors publish (shared facts: layouts.md)."""

import zipfile
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from vtzoo.data import tables
from vtzoo.synthetic import Synthetic


@cache
def picture(number=0, size=(64, 48), extension='.jpg'):
    """An encoded image, another for every number."""
    noise = np.random.default_rng(number).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return cv2.imencode(extension, cv2.resize(noise, size))[1].tobytes()


def write(path, content):
    """A file and the folders above it; rows become lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, (list, tuple)):
        content = '\n'.join(map(str, content)) + '\n'
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def frames(folder, pattern, first, count, size=(64, 48)):
    for number in range(first, first + count):
        write(folder / (pattern % number), picture(number, size, Path(pattern).suffix.lower().replace('jpeg', 'jpg')))


def rows(count, separator=',', box=(5, 6, 20, 15)):
    """A line a frame, moving right."""
    return [separator.join(map(str, (box[0] + i, *box[1:]))) for i in range(count)]


def zipped(folder, archive, top=''):
    """Pack a folder into an archive, below ``top`` in it, and remove it."""
    with zipfile.ZipFile(archive, 'w') as opened:
        for path in sorted(folder.rglob('*')):
            if path.is_file():
                name = path.relative_to(folder).as_posix()
                opened.write(path, f'{top}/{name}' if top else name,
                             zipfile.ZIP_DEFLATED if path.suffix == '.txt' else zipfile.ZIP_STORED)
    for path in sorted(folder.rglob('*'), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    folder.rmdir()


def got10k_sequence(folder, count=4, absent=(), cover=None):
    frames(folder, '%08d.jpg', 1, count)
    write(folder / 'groundtruth.txt', [f'{5 + i}.0000,6.5000,20.2500,15.0000' for i in range(count)])
    write(folder / 'absence.label', [int(i in absent) for i in range(count)])
    write(folder / 'cover.label', cover or [8] * count)
    write(folder / 'cut_by_image.label', [0] * count)
    write(folder / 'meta_info.ini', ['[METAINFO]', 'url: none', 'begin: 00:00:01', 'end: 00:00:02', 'anno_fps: 10Hz',
                                     'object_class: dog', 'motion_class: walking', 'major_class: animal',
                                     'root_class: animal', 'motion_adverb: slowly', 'resolution: (64, 48)'])


def got10k(root, train=3, listed=None):
    """Training sequences 1..train, two to validate, two to test."""
    names = [f'GOT-10k_Train_{i:06d}' for i in range(1, train + 1)]
    for i, name in enumerate(names):
        got10k_sequence(root / 'got10k/train' / name, 4 + i, absent=(1,), cover=[8, 8, 0] + [5] * (1 + i))
    write(root / 'got10k/train/list.txt', listed or names)
    for part in ('val', 'test'):
        named = [f'GOT-10k_{part.title()}_{i:06d}' for i in (1, 2)]
        for name in named:
            if part == 'val':
                got10k_sequence(root / 'got10k/val' / name)
            else:
                frames(root / 'got10k/test' / name, '%08d.jpg', 1, 3)
                write(root / 'got10k/test' / name / 'groundtruth.txt', ['5.0000,6.0000,20.0000,15.0000'])
        write(root / f'got10k/{part}/list.txt', named)


def lasot_sequence(folder, count=5, on_disk=None, zero=(), occluded=(), outside=()):
    frames(folder / 'img', '%08d.jpg', 1, on_disk or count)
    boxes = rows(count)
    for i in zero:
        boxes[i] = '0,0,0,0'
    write(folder / 'groundtruth.txt', boxes)
    write(folder / 'full_occlusion.txt', ','.join(str(int(i in occluded)) for i in range(count)))
    write(folder / 'out_of_view.txt', ','.join(str(int(i in outside)) for i in range(count)))
    write(folder / 'nlp.txt', 'a thing\n')


def trackingnet_sequence(chunk, name, count=12, zipped_up=False, labelled=None):
    write(chunk / 'anno' / f'{name}.txt', [f'{5 + i}.25,6.5,20.75,15.5' for i in range(labelled or count)])
    frames(chunk / 'frames' / name, '%d.jpg', 0, count)
    if zipped_up:
        (chunk / 'zips').mkdir(exist_ok=True)
        zipped(chunk / 'frames' / name, chunk / 'zips' / f'{name}.zip')


def table_rows(table, name):
    """The row of a table, its frames first to last."""
    row = next(row for row in tables.rows(table) if row['name'] == name)
    return row, int(row['start_frame']), int(row['end_frame'])


def voc_xml(objects, size=(64, 48)):
    """ImageNet's annotation; corners are written in the order of the release."""
    items = ''.join(
        f'<object>{f"<trackid>{item[0]}</trackid>" if item[0] is not None else ""}<name>n02084071</name><bndbox>'
        f'<xmax>{item[1][2]}</xmax><xmin>{item[1][0]}</xmin><ymax>{item[1][3]}</ymax><ymin>{item[1][1]}</ymin></bndbox>'
        f'<occluded>{item[2]}</occluded><generated>0</generated></object>' for item in objects)
    return (f'<annotation><folder>f</folder><filename>n</filename><size><width>{size[0]}</width>'
            f'<height>{size[1]}</height></size>{items}</annotation>')


def own_videos(folder, names, split='test'):
    """Short embedded sequences as folders of frames with boxes, as people keep their own."""
    for i, name in enumerate(names):
        sequence = Synthetic(split, length=8, size=(96, 72))[i]
        (folder / name).mkdir(parents=True)
        for k in range(6):
            cv2.imwrite(str(folder / name / f'{k}.png'), sequence.frames[k][..., ::-1])
        np.savetxt(folder / name / 'groundtruth.txt', sequence.boxes[:6], delimiter=',')
    return folder


def squares(folder, videos, frames=22):
    """A white square that moves over grey noise."""
    rng = np.random.RandomState(0)
    for video in videos:
        place = folder / video
        place.mkdir(parents=True)
        boxes = []
        for i in range(frames):
            image = rng.randint(60, 120, (90, 120, 3)).astype(np.uint8)
            x, y = 10 + 3 * i, 20 + i
            image[y:y + 16, x:x + 16] = 255
            cv2.imwrite(str(place / f'{i + 1:04}.png'), image)
            boxes.append(f'{x},{y},16,16')
        (place / 'groundtruth.txt').write_text('\n'.join(boxes) + '\n')
