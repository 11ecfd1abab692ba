"""The program and the README beside exported graphs: written from the settings, for readers of any language."""

from __future__ import annotations

from typing import Any

HEAD = '''\
"""Follow an object: python run.py VIDEO x,y,w,h. Needs numpy, opencv-python and {package}.

One target, the first template only. Boxes are x y w h in pixels, colours RGB."""
{imports}
settings = json.load(open('settings.json'))
mean, std = (np.float32(settings['normalise'][name]).reshape(3, 1, 1) for name in ('mean', 'std'))
{engine}

'''
ENGINES = dict(
    onnx='''\
graphs = {name: onnxruntime.InferenceSession(f'{name}.onnx') for name in settings['graphs']}


def call(name, **inputs):
    return dict(zip(settings['graphs'][name]['outputs'], graphs[name].run(None, inputs)))
''',
    openvino='''\
graphs = {{name: openvino.Core().compile_model(f'{{name}}.xml', 'CPU', {{'INFERENCE_PRECISION_HINT': '{hint}'}})
          for name in settings['graphs']}}


def call(name, **inputs):
    found = graphs[name](inputs)
    return {{output: found[output] for output in settings['graphs'][name]['outputs']}}
''')
CROPS = dict(
    AreaCrop='''\
def cut(image, box, size, factor):
    """A square of factor^2 times the box's area, black outside the image -> (1, 3, size, size), scale."""
    x, y, w, h = box
    side = max(math.ceil(math.sqrt(w * h) * factor), 1)
    left, top = round(x + w / 2 - side / 2), round(y + h / 2 - side / 2)
    padded = cv2.copyMakeBorder(image, side, side, side, side, cv2.BORDER_CONSTANT)
    left, top = (min(max(v, -side), n) for v, n in ((left, image.shape[1]), (top, image.shape[0])))
    square = padded[top + side:top + 2 * side, left + side:left + 2 * side]
    return normalise(cv2.resize(square, (size, size))), size / side


def to_image(found, box, scale):
    """cx cy w h in 0..1 of the search crop -> x y w h in the image."""
    size, (x, y, w, h) = settings['crop']['search_size'], box
    cx, cy, fw, fh = np.float64(found) * size
    cx, cy = (cx - size / 2) / scale + x + w / 2, (cy - size / 2) / scale + y + h / 2
    return np.array([cx - fw / scale / 2, cy - fh / scale / 2, fw / scale, fh / scale])
''',
    ContextCrop='''\
def cut(image, box, size, context):
    """A square with context around the box, the mean colour outside -> (1, 3, size, size), scale."""
    x, y, w, h = box
    pad = context * (w + h)
    scale = settings['crop']['template_size'] / math.sqrt((w + pad) * (h + pad))
    side = round(size / scale)
    step, half = (side - 1) / (size - 1), (side - 1) / 2
    warp = np.array([[step, 0, x + (w - 1) / 2 - half], [0, step, y + (h - 1) / 2 - half]])
    square = cv2.warpAffine(image, warp, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                            borderMode=cv2.BORDER_CONSTANT, borderValue=fill)
    return normalise(square), scale


def to_image(found, box, scale):
    """cx cy w h in 0..1 of the search crop -> x y w h in the image; a box holds both its edge pixels."""
    size, (x, y, w, h) = settings['crop']['search_size'], box
    cx, cy, fw, fh = np.float64(found) * size
    cx, cy = ((v - (size - 1) / 2) / scale + c for v, c in ((cx, x + (w - 1) / 2), (cy, y + (h - 1) / 2)))
    fw, fh = (fw + 1) / scale, (fh + 1) / scale
    return np.array([cx - (fw - 1) / 2, cy - (fh - 1) / 2, fw, fh])
''')
MAIN = '''\


def normalise(square):
    return ((np.float32(square).transpose(2, 0, 1) / 255 - mean) / std)[None]


video, box = cv2.VideoCapture(sys.argv[1]), np.float64(sys.argv[2].split(','))
memory, fill, crop = None, None, settings['crop']
while True:
    found, frame = video.read()
    if not found:
        break
    image = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    if memory is None:
        fill = cv2.mean(image)[:3]
        memory = call('memorize', z=cut(image, box, crop['template_size'], {template})[0][:, None].repeat({copies}, 1))
    else:
        x, scale = cut(image, box, crop['search_size'], {search})
        out = call('read', x=x, **memory)
{choose}
    print(','.join(f'{{value:.2f}}' for value in box))
'''
ONE_BOX = '''\
        box = to_image(out['boxes'][0, 0], box, scale)'''
BEST = '''\
        box = to_image(out['boxes'][0, out['scores'][0].argmax()], box, scale)'''
CLIP = '''
        (x1, y1), (x2, y2), edge = box[:2], box[:2] + box[2:], np.array(image.shape[1::-1])
        first, last = np.clip([x1, y1], 0, edge - {margin}), np.clip([x2, y2], {margin}, edge)
        box = np.concatenate([first, np.maximum({margin}, last - first)])'''
RATE = '''\
        last, box = box, {chosen}
        size = last[2:] * (1 - {rate}) + box[2:] * {rate}  # the size changes slowly
        box = np.concatenate([box[:2] + (box[2:] - size) / 2, size])'''
PENALTY = '''\
        boxes, score = out['boxes'][0], 1 / (1 + np.exp(-out['scores'][0]))
        w, h = (boxes[:, 2:] * crop['search_size'] + 1).T
        last_w, last_h = box[2:] * scale
        extent = lambda w, h: np.sqrt((w + (w + h) / 2) * (h + (w + h) / 2))
        size, ratio = extent(w, h) / extent(last_w, last_h), (last_w / last_h) / (w / h)
        steady = np.exp(-(np.maximum(ratio, 1 / ratio) * np.maximum(size, 1 / size) - 1) * {penalty})
        window = np.outer(*[np.hanning(round(len(score) ** 0.5))] * 2).ravel()
        best = (steady * score * (1 - {window}) + window * {window}).argmax()
        step, last = steady[best] * score[best] * {rate}, box
        box = to_image(boxes[best], last, scale)
        edge = np.array(image.shape[1::-1])
        centre = np.clip(box[:2] + (box[2:] - 1) / 2, 0, edge)
        size = np.maximum({least}, np.minimum(last[2:] * (1 - step) + box[2:] * step, edge))
        box = np.concatenate([centre - (size - 1) / 2, size])'''


def runner(settings: dict[str, Any]) -> str:
    """A program of numpy and OpenCV for these very settings.

    A crop or ranking of your own is not known here: the program then says what is missing.
    """
    crop, form = settings['crop'], settings['format']
    if crop['type'] not in CROPS:
        return f'raise SystemExit("the crop {crop["type"]} is yours: write cut and to_image for it, see README.md")\n'
    from vtzoo.deploy.engines import HINTS, PACKAGES

    defaults = dict(AreaCrop=dict(template_factor=2.0, search_factor=5.0), ContextCrop=dict(context=0.5))[crop['type']]
    given = defaults | crop | settings['tracking'].get('crop', {})
    names = ('context', 'context') if crop['type'] == 'ContextCrop' else ('template_factor', 'search_factor')
    package = PACKAGES[form]
    engine = ENGINES[form] if form == 'onnx' else ENGINES[form].format(hint=HINTS[settings['precision']])
    imports = f'import json\nimport math\nimport sys\n\nimport cv2\nimport numpy as np\nimport {package}\n'
    return (HEAD.format(package=package, imports=imports, engine=engine)
            + CROPS[crop['type']]
            + MAIN.format(template=given[names[0]], search=given[names[1]], copies=_copies(settings),
                          choose=_choose(settings)))


def _copies(settings: dict[str, Any]) -> int:
    """How often the first template is held."""
    templates = settings['tracking'].get('templates') or dict(type='FirstOnly')
    return templates.get('copies', 1) if templates['type'] == 'FirstOnly' else 2


def _choose(settings: dict[str, Any]) -> str:
    ranking = settings['tracking'].get('ranking') or dict(type='Best')
    if ranking['type'] == 'WindowPenalty':
        return PENALTY.format(**dict(penalty=0.04, window=0.21, rate=0.95, least=10) | ranking)
    many = 'scores' in settings['graphs']['read']['outputs']
    plain = BEST if many else ONE_BOX
    clip = CLIP.format(margin=ranking.get('margin', 10))
    if ranking.get('rate', 1) == 1:
        return plain + clip
    return RATE.format(chosen=plain.split('box = ', 1)[1], rate=ranking['rate']) + clip


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
