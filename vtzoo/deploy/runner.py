"""The program and the README beside exported graphs: written from the settings, for readers of any language."""

from __future__ import annotations

from typing import Any

from vtzoo.deploy.engines import HINTS, PACKAGES
from vtzoo.registry import CROPS, RANKINGS, build

HEAD = '''\
"""Follow an object: python run.py VIDEO x,y,w,h. Needs numpy, opencv-python and {package}.

One target, the first template only. Boxes are x y w h in pixels, colours RGB."""
import json
import sys

import cv2
import numpy as np
import {package}

settings = json.load(open('settings.json'))
crop = settings['crop']
mean, std = (np.float32(settings['normalise'][name])[:, None, None] for name in ('mean', 'std'))
{engine}


{cut}

pixel = {pixel}  # 1 where a box holds both its edge pixels
video, box, memory = cv2.VideoCapture(sys.argv[1]), np.float64(sys.argv[2].split(',')), None
size, centre = box[2:], box[:2] + (box[2:] - pixel) / 2
while (frame := video.read()[1]) is not None:
    image = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    if memory is None:
        fill = np.int32(cv2.mean(image)[:3]).tolist()
        z, _ = cut(image, centre, size, crop['template_size'], {template})
        memory = call('memorize', z=z[:, None].repeat({copies}, 1))
    else:
        x, scale = cut(image, centre, size, crop['search_size'], {search})
        out, edge = call('read', x=x, **memory), np.array(image.shape[1::-1])
        boxes = out['boxes'][0] * np.float64(crop['search_size'])  # cx cy w h in pixels of the crop
{select}
        centre = centre + (boxes[best, :2] - (crop['search_size'] - pixel) / 2) / scale
{settle}
    print(','.join(f'{{value:.2f}}' for value in (*(centre - (size - pixel) / 2), *size)))
'''
ENGINES = dict(
    onnx='''\
graphs = {{name: onnxruntime.InferenceSession(f'{{name}}.onnx') for name in settings['graphs']}}


def call(name, **inputs):
    return dict(zip(settings['graphs'][name]['outputs'], graphs[name].run(None, inputs)))''',
    openvino='''\
graphs = {{name: openvino.Core().compile_model(f'{{name}}.xml', 'CPU', {{'INFERENCE_PRECISION_HINT': '{hint}'}})
          for name in settings['graphs']}}


def call(name, **inputs):
    found = graphs[name](inputs)
    return {{output: found[output] for output in settings['graphs'][name]['outputs']}}''')
CUTS = dict(
    AreaCrop='''\
def cut(image, centre, size, pixels, factor):
    """A square of factor^2 times the box's area, black outside the image -> (1, 3, pixels, pixels), scale."""
    {unseen}side = max(int(np.ceil(np.sqrt(size.prod()) * factor)), 1)
    left, top = (min(max(round(v), -side), n) + side for v, n in zip((centre - side / 2).tolist(), image.shape[1::-1]))
    padded = cv2.copyMakeBorder(image, side, side, side, side, cv2.BORDER_CONSTANT)
    square = cv2.resize(padded[top:top + side, left:left + side], (pixels, pixels))
    return ((np.float32(square).transpose(2, 0, 1) / 255 - mean) / std)[None], pixels / side
''',
    ContextCrop='''\
def cut(image, centre, size, pixels, context):
    """A square with context around the box, the mean colour outside -> (1, 3, pixels, pixels), scale."""
    centre, size = np.float32(centre), np.float32(size)  # as the released code computes
    scale = crop['template_size'] / np.sqrt((size + context * size.sum()).prod())
    side = round(float(pixels / scale))
    first, last = centre - np.float32((side - 1) / 2), centre + np.float32((side - 1) / 2)
    across, down = (last - first) / np.float32(pixels - 1)
    square = cv2.warpAffine(image, np.float64([[across, 0, first[0]], [0, down, first[1]]]), (pixels, pixels),
                            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=fill)
    return ((np.float32(square).transpose(2, 0, 1) / 255 - mean) / std)[None], scale
''')
UNSEEN = 'image = image[:-1, :-1]  # the last row and column are never seen, as released\n    '
FACTORS = dict(AreaCrop=('template_factor', 'search_factor'), ContextCrop=('context', 'context'))
"""What says how large a square is cut, for a template and for a search crop."""

BEST = "best = out['scores'][0].argmax()"
HANN = '''\
n = round(len(boxes) ** 0.5)
window = np.outer(*[0.5 - 0.5 * np.cos(2 * np.pi / (n + 1) * np.arange(1, n + 1))] * 2).ravel()
best = (out['confidence'][0] * window).argmax()'''
PENALTY = '''\
extent = lambda wh: np.sqrt((wh + wh.sum(-1, keepdims=True) / 2).prod(-1))
larger = lambda ratio: np.maximum(ratio, 1 / ratio)
last, sizes = size * scale, boxes[:, 2:] + pixel
change = larger(extent(sizes) / extent(last)) * larger(last[0] / last[1] * sizes[:, 1] / sizes[:, 0])
steady = np.exp(-(change - 1) * {penalty})  # 1 where size and shape stay
window = np.outer(*[np.hanning(round(len(boxes) ** 0.5))] * 2).ravel()
score = out['confidence'][0]
best = (steady * score * (1 - {window}) + window * {window}).argmax()'''
SCORED = '''\

maps = {name: out[name] for name in ('x_features', 'z_features')}
score[best] = call('score', box=out['boxes'][:, best], **maps)['score'][0]'''
CLIPPED = '''\
size = size * (1 - {rate}) + (boxes[best, 2:] + pixel) / scale * {rate}
low = np.clip(centre - (size - pixel) / 2, 0, edge - {margin})
high = np.clip(centre - (size - pixel) / 2 + size, {margin}, edge)
size = np.maximum({margin}, high - low)
centre = low + (size - pixel) / 2'''
SMOOTHED = '''\
step = steady[best] * score[best] * {rate}
size = np.clip(size * (1 - step) + sizes[best] / scale * step, None, edge).clip({least})
centre = np.clip(centre, 0, edge)'''


def runner(settings: dict[str, Any]) -> str:
    """A program of numpy and OpenCV for these very settings.

    A crop or ranking of your own is not known here: the program then says what is missing.
    """
    kind, form = settings['crop']['type'], settings['format']
    ranking = settings['tracking'].get('ranking') or dict(type='Best')
    if kind not in CUTS:
        return f'raise SystemExit("the crop {kind} is yours: write a program for it, see README.md")\n'
    if ranking['type'] not in ('Best', 'HannWindow', 'WindowPenalty'):
        return f'raise SystemExit("the ranking {ranking["type"]} is yours: write a program for it, see README.md")\n'
    crop = build(CROPS, settings['crop'] | settings['tracking'].get('crop', {}))
    template, search = (getattr(crop, name) for name in FACTORS[kind])
    square = crop.search((0, 0, 1, 1))
    select, settle = _ranked(ranking, settings)
    return HEAD.format(
        package=PACKAGES[form], engine=ENGINES[form].format(hint=HINTS[settings['precision']]),
        cut=CUTS[kind].replace('{unseen}', UNSEEN if square.unseen else ''),
        pixel=square.pixel, template=template, search=search,
        copies=_copies(settings), select=_indented(select), settle=_indented(settle))


def _ranked(ranking: dict[str, Any], settings: dict[str, Any]) -> tuple[str, str]:
    """Lines that choose the best box, and lines that make it the next one."""
    values = vars(build(RANKINGS, ranking))
    if ranking['type'] == 'WindowPenalty':
        scored = SCORED if 'score' in settings['graphs'] else ''
        return PENALTY.format(**values) + scored, SMOOTHED.format(**values)
    many = 'scores' in settings['graphs']['read']['outputs']
    select = HANN if ranking['type'] == 'HannWindow' else BEST if many else 'best = 0'
    return select, CLIPPED.format(**values)


def _indented(lines: str) -> str:
    return '\n'.join(' ' * 8 + line for line in lines.splitlines())


def _copies(settings: dict[str, Any]) -> int:
    """How often the first template is held."""
    templates = settings['tracking'].get('templates') or dict(type='FirstOnly')
    return templates.get('copies', 1) if templates['type'] == 'FirstOnly' else 2


def readme(settings: dict[str, Any]) -> str:
    """What is in the folder, and how to use it."""
    graphs = '\n'.join(f'| `{name}` | {", ".join(one["inputs"])} | {", ".join(one["outputs"])} |'
                       for name, one in settings['graphs'].items())
    check = settings['check']
    worst = ', '.join(f'{name} {value:.1g}' for name, value in check['differences'].items())
    return f'''\
# {settings["config"]}, {settings["format"]} in {settings["precision"]}

A visual tracker exported by vtzoo {settings["vtzoo"]}: show it an object in one frame, it finds the object in the next.

```sh
python run.py VIDEO x,y,w,h                                   # numpy and OpenCV only, a line x,y,w,h a frame
```

```python
tracker = vtzoo.load_tracker('this_folder')                   # everything: online templates, many targets, scores
```

| graph | inputs | outputs |
| --- | --- | --- |
{graphs}

Batch and number of templates are free. `memorize` runs on the first frame, and again when templates change;
`read` runs on every frame. Inputs are RGB crops, `(value / 255 - mean) / std`, with `mean` and `std` in
`settings.json`. Boxes are cx cy w h in fractions of the search crop; scores are logits. `settings.json` holds crop,
ranking and template settings, named as in vtzoo, and the SHA-256 of each graph.

Held against PyTorch on {check["crops"]} crops of the embedded test split, largest differences: {worst}
(bound {check["bound"]:g}).
'''
