"""MixViT equals the released code at every recorded step."""

import hashlib

import numpy as np
import pytest
import torch

import vtzoo
from tests.goldens.test_mixformer import synthetic_video, target, templates, tensors
from tests.parity import close, released
from vtzoo.boxes import cxcywh_to_xyxy, giou, iou, xyxy_to_cxcywh
from vtzoo.checkpoints.key_maps import MIXVIT
from vtzoo.inference.online import OnlineTracker
from vtzoo.models.attention import attend, heads_together
from vtzoo.models.backbones.vit import resample_positions, sine_cosine_positions
from vtzoo.models.heads.spm import SPM
from vtzoo.models.preprocessor import Preprocessor
from vtzoo.models.roi import precise_roi_pool
from vtzoo.structures import Features, Spec, Tokens
from vtzoo.utils.renaming import rename

CONFIGS = dict(pyramid='mixvit_tiny', corner='mixvit_tiny_corner', online='mixvit_tiny_spm')


@pytest.fixture(scope='module', params=CONFIGS)
def case(request, recorded, tiny):
    golden, cfg = recorded(f'mixvit_{request.param}'), tiny(CONFIGS[request.param])
    model = vtzoo.build_model(cfg).eval()
    model.load_state_dict(vtzoo.convert(released(golden), cfg))
    return request.param, golden, model


def ours(name):
    """A released parameter's names here: none for what is never used or fixed."""
    return list(rename({str(name): torch.zeros(3, 1)}, MIXVIT)[0])


def gradients(model, golden, prefix):
    """Every gradient recorded under a prefix, their norms, and which parameters have none."""
    for key in (key for key in golden.files if key.startswith(f'{prefix}/')):
        (name,) = ours(key.removeprefix(f'{prefix}/'))
        close('MixViT gradients', model.get_parameter(name).grad, golden[key], 1e-3, 'rel', floor=1e-4)
    for name, value in zip(golden[f'{prefix}_norm/names'], golden[f'{prefix}_norm/values'], strict=True):
        close('MixViT gradient norms', model.get_parameter(ours(name)[0]).grad.norm(), value, 1e-3, 'rel', floor=1e-4)
    total = torch.stack([p.grad.norm() for p in model.parameters() if p.grad is not None]).norm()
    close('MixViT gradient norms', total, golden[f'{prefix}_norm/total'], 1e-3, 'rel')
    without = [name for released_name in golden[f'{prefix}_none'] for name in ours(released_name)]
    assert all(model.get_parameter(name).grad is None for name in without)


def test_features_maps_and_boxes(case):
    _, golden, model = case
    (search,) = tensors(golden, 'search')
    with torch.no_grad():
        features, branches = model.read(search, model.memorize(templates(golden)))
    close('MixViT features', features.x, golden['out/search_feat'], 5e-5)
    close('MixViT features', features.z[:, 0], golden['out/template_feat'], 5e-5)
    close('MixViT features', features.z[:, 1], golden['out/online_template_feat'], 5e-5)
    for tower, name in ((model.head.top_left, 'tl'), (model.head.bottom_right, 'br')):
        close('MixViT corner maps', tower(features.x), golden[f'out/score_map_{name}'], 2e-4)
    boxes = model.head.merge(branches).boxes
    close('MixViT boxes (0..1)', boxes, golden['out/pred_boxes'], 1e-5)
    close('MixViT boxes (0..1)', cxcywh_to_xyxy(boxes[:, 0]), golden['out/box_xyxy'], 1e-5)


def test_inside_the_first_block(case):
    _, golden, model = case
    backbone, (search,) = model.backbone, tensors(golden, 'search')
    block = backbone.blocks[0]
    with torch.no_grad():
        z = Tokens.of(torch.stack([backbone(one, blocks=0) for one in templates(golden)[0].split(1)], 1))
        x = backbone.embed(search[:1])
        (qz, kz, vz), (qx, kx, vx) = block.project(z), block.project(x)
        k, v = torch.cat([kz, kx], 2), torch.cat([vz, vx], 2)
        read = torch.cat([heads_together(attend(*qkv)) for qkv in ((qz, kz, vz), (qx, k, v))], 1)
        mixed = torch.cat([block.mix(z, qz, kz, vz).t, block.mix(x, qx, k, v).t], 1)
        read = block.attn.proj(read)
    close('MixViT features', read, golden['out/block0_attn'], 5e-5)
    close('MixViT features', mixed, golden['out/block0'], 5e-5)


def test_cached_path(case):
    name, golden, model = case
    (search,) = tensors(golden, 'search')
    first = templates(golden)[:1]
    three = torch.cat([first[0, :1], *tensors(golden, 'online_templates3')])[None]
    with torch.no_grad():
        for n, memory in ((1, model.memorize(first)), (3, model.memorize(three))):
            features, branches = model.read(search[:1], memory)
            boxes = model.head.merge(branches).boxes
            close('MixViT features, cached', features.x, golden[f'out/cached{n}_search_feat'], 5e-5)
            close('MixViT features, cached', features.z[:, 0], golden[f'out/cached{n}_template_feat'], 5e-5)
            close('MixViT boxes, cached', boxes, golden[f'out/cached{n}_pred_boxes'], 1e-5)
            if name == 'online':
                close('SPM scores of MixViT', model.confidence(features, boxes[:, 0]),
                      golden[f'out/cached{n}_pred_scores'], 1e-4)
    if name != 'online':
        close('MixViT keys and values, cached', memory.kv[0], golden['out/cached3_block0_k'], 5e-5)
        close('MixViT keys and values, cached', memory.kv[1], golden['out/cached3_block0_v'], 5e-5)


@pytest.mark.parametrize('case', ['corner', 'pyramid'], indirect=True)
@pytest.mark.parametrize('mode', ['eval', 'train'])
def test_losses_and_gradients(case, mode):
    _, golden, model = case
    kept = {key: value.clone() for key, value in model.state_dict().items()}
    model.zero_grad()
    model.train(mode == 'train')
    truth, (search,) = target(golden), tensors(golden, 'search')
    losses = model.loss(templates(golden), search, truth)
    model.eval()
    close('MixViT losses', losses['loss_ciou'], 2 * golden[f'loss_{mode}/ciou'], 1e-5)
    close('MixViT losses', losses['loss_l1'], 5 * golden[f'loss_{mode}/l1'], 1e-5)
    close('MixViT losses', losses['iou'], golden[f'loss_{mode}/mean_iou'], 1e-5)
    total = losses['loss_ciou'] + losses['loss_l1']
    close('MixViT losses', total, golden[f'loss_{mode}/total'], 1e-5)
    if mode == 'eval':
        total.backward()
        gradients(model, golden, 'grad_eval')
        with torch.no_grad():
            boxes = model.head.merge(model.read(search, model.memorize(templates(golden)))[1]).boxes[:, 0]
        corners = cxcywh_to_xyxy(boxes), cxcywh_to_xyxy(truth.box).clamp(0, 1)
        close('MixViT losses', iou(*corners), golden['loss_eval/iou_each'], 1e-5)
        close('MixViT losses', (1 - giou(*corners)).mean(), golden['loss_eval/giou'], 1e-5)
    for key in (key for key in golden.files if mode == 'train' and key.startswith('train_after/')):
        value = torch.from_numpy(golden[key])
        ((name, wanted),) = rename({key.removeprefix('train_after/'): value}, MIXVIT)[0].items()
        close('MixViT BatchNorm statistics after a step', model.state_dict()[name], wanted, 1e-5)
    model.load_state_dict(kept)


def test_score_prediction_module(recorded, tiny):
    golden, cfg = recorded('mixvit_online'), tiny('mixvit_tiny_spm')
    model = vtzoo.build_model(cfg)
    model.load_state_dict(vtzoo.convert(released(golden), cfg))
    trainable = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trainable == {name for one in golden['meta/trainable_stage2'] for name in ours(one)}
    model.train().requires_grad_(True)  # the recording has gradients of the parts that stage 2 freezes, too
    (search,) = tensors(golden, 'search')
    truth = xyxy_to_cxcywh(torch.from_numpy(golden['in/gt_xyxy']))
    with torch.no_grad():
        features, branches = model.read(search, model.memorize(templates(golden)))
        box = model.head.merge(branches).boxes[:, 0]
        for at, name in ((box, ''), (truth, 'gtbox_')):
            pooled = model.confidence.pooled(features.x, at)
            close('pooled RoI features of MixViT', pooled, golden[f'out/{name}roi_feat'], 5e-5)
            close('SPM scores of MixViT', model.confidence(features, at), golden[f'out/{name}pred_scores'], 1e-4)
    labelled = target(golden)._replace(box=truth, positive=torch.from_numpy(golden['in/label']) > 0.5)
    losses = model.loss(templates(golden), search, labelled)
    assert [key for key in losses if key.startswith('loss')] == ['loss_confidence']
    close('SPM loss of MixViT', losses['loss_confidence'], golden['loss_score/total'], 1e-5)
    losses['loss_confidence'].backward()
    gradients(model, golden, 'grad_score')


def test_score_prediction_module_alone(recorded):
    golden = recorded('mixvit_online')
    spm = SPM(Spec(64, 64, 16), heads=2)
    state = {f'score_branch.{key[8:]}': torch.from_numpy(golden[key]) for key in golden.files
             if key.startswith('spm2/sd/')}
    spm.load_state_dict({key.removeprefix('confidence.'): tensor for key, tensor in rename(state, MIXVIT)[0].items()})
    x, z, box = (torch.from_numpy(golden[f'spm2/in/{name}']) for name in ('search_feat', 'template_feat', 'box_xyxy'))
    with torch.no_grad():
        logits = spm(Features(x, z[:, None]), xyxy_to_cxcywh(box))
    close('SPM scores of MixViT', logits, golden['spm2/out/logits'], 1e-4)


def test_precise_roi_pooling(recorded):
    golden = recorded('mixvit_online')
    rois = torch.from_numpy(golden['prroi/in/rois'])
    maps = torch.from_numpy(golden['prroi/in/feat'])[rois[:, 0].long()]
    close('pooled RoI features of MixViT', precise_roi_pool(maps, rois[:, 1:], 4), golden['prroi/out'], 5e-5)


def test_positions(recorded):
    golden = recorded('mixvit_pos')
    for key in (key for key in golden.files if key.startswith('table/')):
        width, side = map(int, key.removeprefix('table/').split('x'))
        table = sine_cosine_positions(side, side, width)[0]
        close('position tables', table[golden[key.replace('table', 'rows')]], golden[key], 1e-6)
        close('position tables, sum of values', table.double().abs().sum(), golden[key.replace('table', 'sum_abs')],
              1e-6, 'rel')
    learned = torch.from_numpy(golden['interp/in'])
    close('position tables', resample_positions(learned[:, 1:], 9, 9), golden['interp/out_9x9'][:, 1:], 1e-6)


RUNS = dict(offline=None, online1=dict(online=1), online2=dict(online=2), online3=dict(online=3),
            online3_decay098=dict(online=3, decay=0.98), hidden3=dict(online=3))


@pytest.mark.parametrize('run', RUNS)
def test_tracking(run, recorded, tiny):
    """The recorded boxes, scores and template decisions on every frame."""
    golden, changes, weights = recorded('mixvit_track'), {}, released(recorded('mixvit_track'))
    if run == 'offline':
        changes = {'model.confidence': None, 'tracking.templates': dict(type='EveryInterval', interval=5)}
        weights = {key: value for key, value in weights.items() if 'score' not in key}
    else:
        changes = {f'tracking.templates.{key}': value for key, value in RUNS[run].items()}
    cfg = tiny('mixvit_tiny_spm', changes)
    model = vtzoo.build_model(cfg)
    model.load_state_dict(vtzoo.convert(weights, cfg))
    tracker = OnlineTracker(model, **vtzoo.config.tracking_settings(cfg))
    frames, truth = recorded_video(golden, hidden=run == 'hidden3')

    cuts, stored, plain_cut = [], [], tracker._cut
    tracker._cut = lambda crop, *rest: cuts.append(crop.size) or plain_cut(crop, *rest)
    tracker.init(frames[0], truth[0])
    memorize = tracker._memorize
    tracker._memorize = lambda templates: stored.append(len(templates)) or memorize(templates)
    for i, frame in enumerate(frames[1:]):
        cuts.clear()
        result = tracker.track(frame)
        close('MixViT tracked boxes', result.box, golden[f'{run}/boxes_xywh'][i], 0.05, 'px')
        assert cuts.count(64) == golden[f'{run}/template_crop_taken'][i], f'template decision at frame {i + 1}'
        assert bool(stored) == (golden[f'{run}/stored_frame'][i] >= 0), f'update at frame {i + 1}'
        if stored:
            assert stored.pop() == 1 + golden[f'{run}/n_online'][i]
        if run != 'offline':
            close('MixViT tracking scores', result.score, golden[f'{run}/scores'][i], 1e-3)


@pytest.mark.parametrize('run', ['online3', 'hidden3'])
def test_which_frames_are_stored(run, recorded, tiny):
    """The released update policy, from the recorded scores alone: which frame goes to which place."""
    golden = recorded('mixvit_track')
    update = vtzoo.registry.build(vtzoo.registry.TEMPLATE_UPDATES, dict(type='HighestScore', interval=5, online=3))
    update.start(torch.zeros(1, 1, 1, 1))
    for i, score in enumerate(golden[f'{run}/scores']):
        before = list(update.kept)
        if update.step(i + 1, float(score), lambda number=i + 1: torch.full((1, 1, 1, 1), float(number))) is None:
            continue
        slot = golden[f'{run}/stored_slot'][i]
        assert float(update.kept[slot]) == golden[f'{run}/stored_frame'][i]
        before[slot:slot + 1] = [update.kept[slot]]
        assert before == update.kept


def recorded_video(golden, hidden=False):
    """The video of a recording, checked against what was recorded of it."""
    seed = golden['hidden3/video_seed'] if hidden and 'hidden3/video_seed' in golden.files else golden['video/seed']
    name = next((key for key in golden.files if hidden and key.endswith('hidden_frames')), None)
    frames, truth = synthetic_video(int(seed), set(golden[name].tolist()) if name else set(), n=30)
    digest = hashlib.sha256(np.stack(frames).tobytes()).hexdigest()
    assert digest == str(golden['video/sha256_hidden' if hidden else 'video/sha256'])
    return frames, truth


def test_crops(recorded, tiny):
    golden = recorded('mixvit_track')
    crop = vtzoo.build_model(tiny('mixvit_tiny')).crop
    frames, truth = recorded_video(golden)
    template = crop.template(truth[0]).cut(frames[0], (0, 0, 0))
    assert (template == golden['crops/template_u8']).all()
    pixels = torch.from_numpy(template).permute(2, 0, 1)[None]
    close('normalised input', Preprocessor().normalise(pixels)[..., ::4, ::4], golden['crops/template_tensor'], 1e-5)
    assert (crop.search(truth[0]).cut(frames[1], (0, 0, 0)) == golden['crops/search_frame1_u8']).all()
