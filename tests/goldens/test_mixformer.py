"""MixFormer equals the released code at every recorded step."""

import numpy as np
import pytest
import torch

import vtzoo.inference.online
from tests.parity import close, released
from vtzoo.boxes import cxcywh_to_xyxy, iou, xywh_to_cxcywh
from vtzoo.checkpoints.key_maps import MIXFORMER
from vtzoo.engine.optim import parameter_groups
from vtzoo.models.attention import attend, heads_together
from vtzoo.models.preprocessor import Preprocessor
from vtzoo.models.roi import precise_roi_pool
from vtzoo.structures import Target, Tokens
from vtzoo.utils.renaming import rename

CONFIGS = dict(corner='mixformer_tiny', pyramid='mixformer_tiny_pyramid', online='mixformer_tiny_spm')


@pytest.fixture(scope='module', params=CONFIGS)
def case(request, recorded, tiny):
    golden = recorded(f'mixformer_{request.param}')
    cfg = tiny(CONFIGS[request.param])
    model = vtzoo.build_model(cfg).eval()
    model.load_state_dict(vtzoo.convert(released(golden), cfg))
    return request.param, golden, model


def tensors(golden, *names):
    return [torch.from_numpy(golden[f'in/{name}']) for name in names]


def templates(golden):
    return torch.stack(tensors(golden, 'template', 'online_template'), 1)


def target(golden):
    return Target(xywh_to_cxcywh(torch.from_numpy(golden['in/gt_xywh'])), torch.ones(2, dtype=torch.bool))


def gradients(model, golden, prefix):
    """Compare the gradients recorded under a prefix with the model's."""
    for name in (key for key in golden.files if key.startswith(prefix + '/')):
        wanted, _, _ = rename({name.removeprefix(prefix + '/'): torch.from_numpy(golden[name])}, MIXFORMER)
        for key, gradient in wanted.items():
            close('MixFormer gradients', model.get_parameter(key).grad, gradient, 1e-3, 'rel', floor=1e-4)
    if f'{prefix}_norm/total' in golden.files:
        total = torch.stack([p.grad.norm() for p in model.parameters() if p.grad is not None]).norm()
        close('MixFormer gradient norms', total, golden[f'{prefix}_norm/total'], 1e-3, 'rel')
        for name, value in zip(golden[f'{prefix}_norm/names'], golden[f'{prefix}_norm/values'], strict=True):
            key = next(iter(rename({str(name): torch.zeros(1)}, MIXFORMER)[0]))
            close('MixFormer gradient norms', model.get_parameter(key).grad.norm(), value, 1e-3, 'rel', floor=1e-4)


def test_features_maps_and_boxes(case):
    _, golden, model = case
    (search,) = tensors(golden, 'search')
    with torch.no_grad():
        features, branches = model.read(search, model.memorize(templates(golden)))
        p = model.head.probabilities(features.x)
    close('MixFormer features', features.x, golden['out/search_feat'], 5e-5)
    close('MixFormer features', features.z[:, 0], golden['out/template_feat'], 5e-5)
    for tower, name in ((model.head.top_left, 'tl'), (model.head.bottom_right, 'br')):
        close('MixFormer score maps', tower(features.x), golden[f'out/score_map_{name}'], 1e-5, 'rel')
    close('MixFormer corner probabilities', p[:, 0].flatten(1), golden['out/prob_tl'].reshape(2, -1), 1e-5)
    close('MixFormer corner probabilities', p[:, 1].flatten(1), golden['out/prob_br'].reshape(2, -1), 1e-5)
    close('MixFormer boxes (0..1)', branches['box'].boxes, golden['out/pred_boxes'], 1e-5)
    close('MixFormer boxes (0..1)', cxcywh_to_xyxy(branches['box'].boxes[:, 0]), golden['out/box_xyxy'], 1e-5)


@pytest.mark.parametrize('case', ['corner', 'pyramid'], indirect=True)
def test_inside_the_backbone(case):
    _, golden, model = case
    (search,) = tensors(golden, 'search')
    stages = model.backbone.stages
    z, x = templates(golden)[:1], search[:1, None]
    with torch.no_grad():
        for stage in stages[:2]:
            z, x = (stage(t.flatten(0, 1), blocks=0).unflatten(0, t.shape[:2]) for t in (z, x))
            z, x = Tokens.of(z), Tokens.of(x)
            for block in stage.blocks:
                qz, kz, vz = block.project(z)
                qx, kx, vx = block.project(x)
                z, x = block.mix(z, qz, kz, vz), block.mix(x, qx, torch.cat([kz, kx], 2), torch.cat([vz, vx], 2))
            z, x = z.split()[0], x.split()[0]
    close('MixFormer features', z[:, 0], golden['out/stage1_template'], 5e-5)
    close('MixFormer features', z[:, 1], golden['out/stage1_online_template'], 5e-5)
    close('MixFormer features', x[:, 0], golden['out/stage1_search'], 5e-5)
    with torch.no_grad():
        z, x = (Tokens.of(stages[2](t.flatten(0, 1), blocks=0).unflatten(0, t.shape[:2])) for t in (z, x))
        block = stages[2].blocks[0]
        (qz, kz, vz), (qx, kx, vx) = block.project(z), block.project(x)
        k, v = torch.cat([kz, kx], 2), torch.cat([vz, vx], 2)
        attention = torch.cat([heads_together(attend(*qkv, block.scale)) for qkv in ((qz, kz, vz), (qx, k, v))], 1)
        mixed = torch.cat([block.mix(z, qz, kz, vz).t, block.mix(x, qx, k, v).t], 1)
        attention = block.out(attention)
    close('MixFormer features', attention, golden['out/stage2_block0_attn'], 5e-5)
    close('MixFormer features', mixed, golden['out/stage2_block0'], 5e-5)


def test_cached_path(case):
    name, golden, model = case
    (search,) = tensors(golden, 'search')
    first = templates(golden)[:1]
    with torch.no_grad():
        _, branches = model.read(search[:1], model.memorize(first))
        wanted = 'out/cached1_pred_boxes'
        close('MixFormer boxes, cached', branches['box'].boxes, golden[wanted], 1e-5)
        if name == 'online':
            three = torch.cat([first[0, :1], *tensors(golden, 'online_templates3')])[None]
            for n, memory in ((1, model.memorize(first)), (3, model.memorize(three))):
                features, branches = model.read(search[:1], memory)
                close('MixFormer features, cached', features.x, golden[f'out/cached{n}_search_feat'], 5e-5)
                close('MixFormer features, cached', features.z[:, 0], golden[f'out/cached{n}_template_feat'], 5e-5)
                boxes = branches['box'].boxes
                close('MixFormer boxes, cached', boxes, golden[f'out/cached{n}_pred_boxes'], 1e-5)
                close('SPM scores, cached', model.confidence(features, boxes[:, 0]),
                      golden[f'out/cached{n}_pred_scores'], 1e-4)


@pytest.mark.parametrize('case', ['corner', 'pyramid'], indirect=True)
@pytest.mark.parametrize('mode', ['eval', 'train'])
def test_losses_and_gradients(case, mode):
    _, golden, model = case
    kept = {key: value.clone() for key, value in model.state_dict().items()}
    model.zero_grad()
    model.train(mode == 'train')
    losses = model.loss(templates(golden), *tensors(golden, 'search'), target(golden))
    model.eval()
    close('MixFormer losses', losses['loss_ciou'], 2 * golden[f'loss_{mode}/ciou'], 1e-5)
    close('MixFormer losses', losses['loss_l1'], 5 * golden[f'loss_{mode}/l1'], 1e-5)
    close('MixFormer losses', losses['iou'], golden[f'loss_{mode}/mean_iou'], 1e-5)
    total = losses['loss_ciou'] + losses['loss_l1']
    close('MixFormer losses', total, golden[f'loss_{mode}/total_official'], 1e-5)
    total.backward()
    gradients(model, golden, f'grad_{mode}_official')
    for key in (key for key in golden.files if mode == 'train' and key.startswith('train_after/')):
        recorded_value = {key.removeprefix('train_after/'): torch.from_numpy(golden[key])}
        ((ours, wanted),) = rename(recorded_value, MIXFORMER)[0].items()
        close('MixFormer BatchNorm statistics after a step', model.state_dict()[ours], wanted, 1e-5)
    model.load_state_dict(kept)


@pytest.mark.parametrize('case', ['corner', 'pyramid'], indirect=True)
def test_the_papers_loss(case, tiny):
    name, golden, model = case
    paper = vtzoo.build_model(tiny(CONFIGS[name], {'model.losses.0.type': 'GIoULoss', 'model.losses.0.weight': 2.0}))
    paper.load_state_dict(model.state_dict())
    losses = paper.eval().loss(templates(golden), *tensors(golden, 'search'), target(golden))
    close('MixFormer losses', losses['loss_giou'], 2 * golden['loss_eval/giou'], 1e-5)
    (losses['loss_giou'] + losses['loss_l1']).backward()
    gradients(paper, golden, 'grad_eval_giou')


def test_score_prediction_module(recorded, tiny):
    golden, cfg = recorded('mixformer_online'), tiny('mixformer_tiny_spm')
    model = vtzoo.build_model(cfg)
    model.load_state_dict(vtzoo.convert(released(golden), cfg))
    model.train().requires_grad_(True)  # the recording has gradients of the parts that stage 2 freezes, too
    (search,) = tensors(golden, 'search')
    with torch.no_grad():
        features, branches = model.read(search, model.memorize(templates(golden)))
        box = branches['box'].boxes[:, 0]
        pooled, scores = model.confidence.pooled(features.x, box), model.confidence(features, box)
        at_truth = model.confidence(features, target(golden).box)
        pooled_truth = model.confidence.pooled(features.x, target(golden).box)
    close('pooled RoI features', pooled, golden['out/roi_feat'], 5e-5)
    close('pooled RoI features', pooled_truth, golden['out/gtbox_roi_feat'], 5e-5)
    close('SPM scores', scores, golden['out/pred_scores'], 1e-4)
    close('SPM scores', at_truth, golden['out/gtbox_pred_scores'], 1e-4)
    labelled = target(golden)._replace(positive=torch.from_numpy(golden['in/label']) > 0.5)
    losses = model.loss(templates(golden), search, labelled)
    assert [key for key in losses if key.startswith('loss')] == ['loss_confidence']
    close('SPM loss', losses['loss_confidence'], golden['loss_score/total_official'], 1e-5)
    losses['loss_confidence'].backward()
    gradients(model, golden, 'grad_score')


def test_precise_roi_pooling(recorded):
    golden = recorded('mixformer_online')
    rois = torch.from_numpy(golden['in/prroi_rois'])
    maps = torch.from_numpy(golden['out/search_feat'][:, :8])[rois[:, 0].long()]
    close('pooled RoI features', precise_roi_pool(maps, rois[:, 1:], 4), golden['out/prroi_4x4'], 5e-5)
    assert torch.autograd.gradcheck(lambda m, b: precise_roi_pool(m, b, 2), (
        torch.rand(1, 1, 5, 5, dtype=torch.double, requires_grad=True),
        torch.tensor([[0.3, 0.7, 3.1, 4.4]], dtype=torch.double, requires_grad=True)))


def test_released_parameter_groups(tiny):
    model = vtzoo.build_model(tiny('mixformer_tiny'))
    rest, backbone = parameter_groups(model, 1e-4, 0.1)
    assert {id(p) for p in backbone['params']} == {id(p) for p in model.backbone.parameters()}
    assert {id(p) for p in rest['params']} == {id(p) for p in model.head.parameters()}
    assert (rest['lr'], backbone['lr']) == pytest.approx((1e-4, 1e-5))
    (only,) = parameter_groups(vtzoo.build_model(tiny('mixformer_tiny_spm')), 1e-4, 0.1)
    assert len(only['params']) == 29  # score_token, norm1, 2 x (q, k, v, proj, norm2), 3-layer MLP


RUNS = dict(
    offline=('mixformer_tiny', {}),
    online1=('mixformer_tiny_spm', dict(online=1)),
    online3=('mixformer_tiny_spm', dict(online=3)),
    online3_decay098=('mixformer_tiny_spm', dict(online=3, decay=0.98)),
    hidden3=('mixformer_tiny_spm', dict(online=3)))


@pytest.mark.parametrize('run', RUNS)
def test_tracking(run, recorded, tiny):
    """The recorded boxes, scores and template decisions on every frame."""
    golden = recorded('mixformer_track')
    name, templates_cfg = RUNS[run]
    cfg = tiny(name, {f'tracking.templates.{key}': value for key, value in templates_cfg.items()})
    weights = {key: value for key, value in released(golden).items() if 'spm' in name or 'score' not in key}
    model = vtzoo.build_model(cfg)
    model.load_state_dict(vtzoo.convert(weights, cfg))
    tracker = vtzoo.inference.online.OnlineTracker(model, **vtzoo.config.tracking_settings(cfg))
    hidden = set(golden['hidden3/hidden_frames'].tolist()) if run == 'hidden3' else set()
    frames, truth = synthetic_video(3, hidden)
    assert (frames[0][:8, :40] == golden['video/frame0_corner']).all()

    cuts = []
    plain_cut = tracker._cut
    tracker._cut = lambda crop, *rest: cuts.append(crop.size) or plain_cut(crop, *rest)
    tracker.init(frames[0], truth[0])
    for i, frame in enumerate(frames[1:]):
        cuts.clear()
        result = tracker.track(frame)
        close('MixFormer tracked boxes', result.box, golden[f'{run}/boxes_xywh'][i], 0.05, 'px')
        assert cuts.count(64) == golden[f'{run}/template_crop_taken'][i], f'template decision at frame {i + 1}'
        if 'spm' in name:
            close('MixFormer tracking scores', result.score, golden[f'{run}/scores'][i], 1e-3)
    if run != 'hidden3':
        overlap = iou(*(torch.tensor([b[0], b[1], b[0] + b[2], b[1] + b[3]]) for b in (result.box, truth[-1])))
        assert overlap > 0.5


def test_crops(recorded, tiny):
    golden = recorded('mixformer_track')
    crop = vtzoo.build_model(tiny('mixformer_tiny')).crop
    frames, truth = synthetic_video(3, set())
    template = crop.template(truth[0]).cut(frames[0], (0, 0, 0))
    assert (template == golden['crops/template_u8']).all()
    pixels = torch.from_numpy(template).permute(2, 0, 1)[None]
    close('normalised input', Preprocessor().normalise(pixels), golden['crops/template_tensor'], 1e-5)
    assert (crop.search(truth[0]).cut(frames[1], (0, 0, 0)) == golden['crops/search_frame1_u8']).all()


def synthetic_video(seed, hidden, n=40, h=240, w=320):
    """The video of the recording: block noise behind a red-tinted texture whose size swings with period 20."""
    random = np.random.RandomState(seed)
    background = random.randint(40, 160, size=(h // 8, w // 8, 3)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
    texture = random.randint(0, 256, size=(6, 6, 3)).astype(np.uint8)
    texture[..., 0] = 160 + texture[..., 0] // 3
    size = int(random.randint(36, 53))
    at = [int(random.randint(60, w - 120)), int(random.randint(50, h - 100))]
    speed = [int(random.randint(2, 6)) * (1 if random.randint(2) else -1) for _ in range(2)]
    frames, boxes = [], []
    for t in range(n):
        swing = 10 - abs(t % 20 - 10)
        across, down = size + swing, size + swing // 2
        frame = background.copy()
        if t not in hidden:
            rows, columns = np.arange(down) * 6 // down, np.arange(across) * 6 // across
            frame[at[1]:at[1] + down, at[0]:at[0] + across] = texture[rows][:, columns]
        noise = random.randint(-8, 9, size=(h, w, 1))
        frames.append(np.clip(frame.astype(np.int64) + noise, 0, 255).astype(np.uint8))
        boxes.append((*at, across, down))
        for axis, limit in enumerate((w, h)):
            at[axis] += speed[axis]
            if at[axis] < 4 or at[axis] + 66 > limit:
                speed[axis] = -speed[axis]
                at[axis] += 2 * speed[axis]
    return frames, boxes
