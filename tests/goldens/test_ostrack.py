"""OSTrack equals the released code at every recorded step."""

import math

import numpy as np
import pytest
import torch

import vtzoo
from tests.goldens.test_mixvit import recorded_video
from tests.parity import close, released
from vtzoo.boxes import cxcywh_to_xyxy, iou, xywh_to_cxcywh
from vtzoo.checkpoints.key_maps import MIXVIT, OSTRACK
from vtzoo.inference.online import OnlineTracker
from vtzoo.inference.ranking import hann_window
from vtzoo.models.attention import attention_weights
from vtzoo.models.backbones.vit import resample_positions
from vtzoo.models.fusions import elimination
from vtzoo.models.heads.center_head import LARGEST_LOGIT, CenterHead
from vtzoo.models.heads.corner_head import CornerHead
from vtzoo.models.heatmaps import gaussian_labels
from vtzoo.models.losses import GaussianFocalLoss
from vtzoo.models.tracker import best
from vtzoo.structures import Boxes, Features, Spec, Target, Tokens
from vtzoo.utils.renaming import rename

CONFIGS = dict(center='ostrack_tiny', ce='ostrack_tiny_ce')


def load(golden, cfg):
    model = vtzoo.build_model(cfg).eval()
    model.load_state_dict(vtzoo.convert(released(golden), cfg))
    return model


@pytest.fixture(scope='module', params=CONFIGS)
def case(request, recorded, tiny):
    golden = recorded(f'ostrack_{request.param}')
    return golden, load(golden, tiny(CONFIGS[request.param]))


@pytest.fixture(scope='module')
def eliminating(recorded, tiny):
    golden = recorded('ostrack_ce')
    return golden, load(golden, tiny('ostrack_tiny_ce'))


def inputs(golden):
    """-> templates (2, 1, 3, h, w), search crops, targets."""
    z, x = (torch.from_numpy(golden[f'in/{name}']) for name in ('template', 'search'))
    box = xywh_to_cxcywh(torch.from_numpy(golden['in/search_anno']))
    return z[:, None], x, Target(box, torch.ones(2, dtype=torch.bool))


def read(golden, model, asking=None):
    z, x, _ = inputs(golden)
    with torch.no_grad():
        memory = model.memorize(z)
        features, branches = model.read(x, memory._replace(asking=asking))
    return features, model.head.merge(branches)


def maps_of(model, boxes):
    """Score, offset and size maps, as recorded, from the candidates."""
    score, extent = boxes.scores.sigmoid(), boxes.boxes[..., 2:]
    offset = (boxes.boxes[..., :2] - boxes.points) * (model.head.size / model.head.spec.stride)
    side = round(score.shape[1] ** 0.5)
    return (maps.transpose(1, 2).unflatten(-1, (side, side)) for maps in (score[..., None], offset, extent))


def tokens_of(maps):
    return maps.flatten(2).transpose(1, 2)


def gradients(model, golden, prefix):
    for key in (key for key in golden.files if key.startswith(f'{prefix}/')):
        (name,) = rename({key.removeprefix(f'{prefix}/'): torch.zeros(1)}, OSTRACK)[0]
        close('OSTrack gradients', model.get_parameter(name).grad, golden[key], 1e-4, 'rel', floor=1e-4)
    for name, value in zip(golden[f'{prefix}_norm/names'], golden[f'{prefix}_norm/values'], strict=True):
        (name,) = rename({str(name): torch.zeros(1)}, OSTRACK)[0]
        close('OSTrack gradient norms', model.get_parameter(name).grad.norm(), value, 1e-4, 'rel', floor=1e-4)
    total = torch.stack([p.grad.norm() for p in model.parameters() if p.grad is not None]).norm()
    close('OSTrack gradient norms', total, golden[f'{prefix}_norm/total'], 1e-4, 'rel')
    assert not rename({str(name): torch.zeros(1) for name in golden[f'{prefix}_none']}, OSTRACK)[0]


def losses_of(model, golden):
    """The recorded parts by our names, the total, the overlap."""
    z, x, truth = inputs(golden)
    losses = model.loss(z, x, truth)
    total = sum(value for key, value in losses.items() if key.startswith('loss'))
    return dict(focal=losses['loss_gaussian_focal'], giou=losses['loss_giou'] / 2, l1=losses['loss_l1'] / 5,
                mean_iou=losses['iou'], total=total)


def test_features_maps_and_boxes(case):
    golden, model = case
    features, boxes = read(golden, model)
    tokens = torch.cat([tokens_of(features.z[:, 0]), tokens_of(features.x)], 1)
    close('OSTrack features', tokens, golden['out/backbone_feat'], 5e-5)
    for ours, name in zip(maps_of(model, boxes), ('score', 'offset', 'size'), strict=True):
        close('OSTrack score, offset and size maps', ours, golden[f'out/{name}_map'], 1e-5)
    chosen = boxes.at(best(boxes))
    close('OSTrack boxes (0..1)', chosen.boxes, golden['out/pred_boxes'], 1e-5)
    weighed = boxes.scores.sigmoid() * hann_window(features.x.shape[-1]).flatten()
    close('OSTrack boxes (0..1)', boxes.at(weighed.argmax(1)).boxes[:, 0], golden['out/hann_boxes'], 1e-5)
    close('OSTrack windowed maxima', weighed.amax(1, keepdim=True), golden['out/hann_max'], 1e-5)


@pytest.mark.parametrize('case', ['center'], indirect=True)
def test_inside_the_first_block(case):
    golden, model = case
    z, x, _ = inputs(golden)
    with torch.no_grad():
        z, x = model.backbone.embed(z[0]), model.backbone.embed(x[:1])
        joint = model.backbone.blocks[0](Tokens(torch.cat([z.t, x.t], 1), (1, 1, z.cells + x.cells)))
    close('OSTrack features', joint.t, golden['out/block0'], 5e-5)


@pytest.mark.parametrize('case', ['center'], indirect=True)
@pytest.mark.parametrize('mode', ['eval', 'train'])
def test_losses_and_gradients(case, mode):
    golden, model = case
    kept = {key: value.clone() for key, value in model.state_dict().items()}
    model.zero_grad()
    losses = losses_of(model.train(mode == 'train'), golden)
    model.eval()
    for name, value in losses.items():
        close('OSTrack losses', value, golden[f'loss_{mode}/{name}'], 1e-5, 'rel')
    if mode == 'eval':
        losses['total'].backward()
        gradients(model, golden, 'grad_eval')
        boxes = read(golden, model)[1]
        corners = cxcywh_to_xyxy(boxes.at(best(boxes)).boxes[:, 0]), cxcywh_to_xyxy(inputs(golden)[2].box).clamp(0, 1)
        close('OSTrack losses', iou(*corners), golden['loss_eval/iou_each'], 1e-5)
    for key in (key for key in golden.files if mode == 'train' and key.startswith('train_after/')):
        value = torch.from_numpy(golden[key])
        ((name, wanted),) = rename({key.removeprefix('train_after/'): value}, OSTRACK)[0].items()
        close('OSTrack BatchNorm statistics after a step', model.state_dict()[name], wanted, 1e-5)
    model.load_state_dict(kept)


@pytest.mark.parametrize('name', ['CTR_POINT', 'CTR_REC', 'ALL', 'GT_BOX'])
def test_eliminated_tokens(name, recorded, tiny, monkeypatch):
    """Who is left after each stage, in falling rank, by which values; and what the head makes of it."""
    golden, asking, values = recorded('ostrack_ce'), None, []
    if name == 'GT_BOX':
        asking = elimination.box_cells(torch.from_numpy(golden['in/template_anno']), 128)
        assert (asking.numpy() == golden['mask/GT_BOX']).all()
    change = {} if name == 'GT_BOX' else {'model.fusion.elimination.template_range': name}
    model = load(golden, tiny('ostrack_tiny_ce', change))
    plain = elimination.looked_at

    def looked_at(*args):
        values.append(plain(*args))
        return values[-1] if asking is None else run_together(*args)

    monkeypatch.setattr(elimination, 'looked_at', looked_at)
    features, boxes = read(golden, model, asking)
    assert len(features.kept) == len(values) == 3
    ours = theirs = torch.arange(100).expand(2, -1)  # the tokens that are there, in the order in which they stand
    for i, (kept, value) in enumerate(zip(features.kept, values, strict=True)):
        left, gone, ranks = (torch.from_numpy(golden[f'ce/{name}/stage{i}_{what}'])
                             for what in ('kept', 'removed', 'value'))
        ranks = torch.full((2, 100), torch.nan).scatter(1, theirs.long(), ranks).gather(1, ours)
        close('ranks of search tokens', value[:, :ours.shape[1]], ranks, 1e-6)
        assert kept.sort().values.tolist() == left.sort().values.tolist()
        assert torch.cat([kept, gone], 1).sort().values.tolist() == ours.sort().values.tolist()
        if asking is None:
            assert (value.gather(1, (ours[:, None] == kept[..., None]).int().argmax(-1)).diff() <= 0).all()
        ours, theirs = kept, left
    there = (features.x != 0).any(1).flatten(1)
    assert [cells.nonzero().flatten().tolist() for cells in there] == kept.sort().values.tolist()
    if name != 'CTR_POINT':
        score, *_ = maps_of(model, boxes)
        close('OSTrack score, offset and size maps', score, golden[f'ce/{name}/score_map'], 1e-5)
        close('OSTrack boxes (0..1)', boxes.at(best(boxes)).boxes, golden[f'ce/{name}/pred_boxes'], 1e-5)


def run_together(q, k, asks, scale):
    """The released mean over asking rows where samples have different numbers of them: one view over the batch, so
    that rows of one sample count for another (the values that were recorded beside it are right). Ours keeps samples
    apart; with one sample, as in tracking, both are the same."""
    rows = attention_weights(q, k, scale)[asks[:, None].expand(-1, q.shape[1], -1)]
    return rows.view(*q.shape[:2], -1, k.shape[2]).mean(2).mean(1)


def test_keeping_all(recorded, tiny):
    golden = recorded('ostrack_ce')
    for change in ({'model.fusion.elimination.keep': 1.0}, {'model.fusion.elimination': None}):
        model = load(golden, tiny('ostrack_tiny_ce', change))
        features, boxes = read(golden, model)
        assert features.kept == ()
        close('OSTrack score, offset and size maps', next(maps_of(model, boxes)), golden['keep1/score_map'], 1e-5)
        close('OSTrack boxes (0..1)', boxes.at(best(boxes)).boxes, golden['keep1/pred_boxes'], 1e-5)


@pytest.mark.parametrize('epoch', [10, 60, 150])
def test_losses_along_the_schedule(epoch, eliminating):
    golden, model = eliminating
    model.zero_grad()
    model.fusion.elimination.start(epoch)
    try:
        close('OSTrack keep rates', model.fusion.elimination.share(1), golden[f'loss_epoch{epoch}/keep_rate'], 1e-9)
        counts = [kept.shape[1] for kept in read(golden, model)[0].kept]
        assert counts == golden[f'loss_epoch{epoch}/kept_counts'].tolist()
        losses = losses_of(model, golden)
    finally:
        model.fusion.elimination.start(None)
    for name, value in losses.items():
        close('OSTrack losses', value, golden[f'loss_epoch{epoch}/{name}'], 1e-5, 'rel', floor=1e-6)
    if epoch == 150:
        losses['total'].backward()
        gradients(model, golden, 'grad_epoch150')


def test_schedule_and_counts(recorded):
    golden = recorded('ostrack_labels')
    for warm in (80, 50):
        rates = [elimination.keep_rate(epoch, 20, warm, 0.7) for epoch in range(121)]
        close('OSTrack keep rates', rates, golden[f'keep_rate/start20_warm{warm}'], 1e-9)
    for tokens, rate, *left in golden['keep_counts']:
        for wanted in left:
            tokens = math.ceil(rate * tokens)
            assert tokens == wanted


def test_asking_cells(recorded):
    golden = recorded('ostrack_labels')
    for size in (128, 192):
        side = size // 16
        for name in ('CTR_POINT', 'CTR_REC'):
            cells = elimination.central_cells((1, side, side), name)
            assert cells == np.flatnonzero(golden[f'mask/{name}/{size}']).tolist()
        boxes = torch.from_numpy(golden[f'mask/GT_BOX/{size}/boxes_xywh'])
        assert (elimination.box_cells(boxes, size).numpy() == golden[f'mask/GT_BOX/{size}/mask']).all()


@pytest.mark.parametrize('size', [128, 160, 256, 384])
def test_labels(size, recorded):
    golden = recorded('ostrack_labels')
    head, side = CenterHead(Spec(8, 8, 16), size, channels=8), size // 16
    boxes = xywh_to_cxcywh(torch.from_numpy(golden[f'gauss/s{size}/boxes_xywh']))
    labels = gaussian_labels(boxes, head.points(side, side))
    close('Gaussian labels', labels.unflatten(1, (side, side)), golden[f'gauss/s{size}/map'], 1e-6)


def test_label_of_the_sample(recorded):
    golden = recorded('ostrack_center')
    labels = gaussian_labels(inputs(golden)[2].box, CenterHead(Spec(8, 8, 16), 128, channels=8).points(8, 8))
    close('Gaussian labels', labels.unflatten(1, (8, 8)), golden['out/gauss_map'], 1e-6)


@pytest.mark.parametrize('name', ['a', 'b', 'nopos'])
def test_focal_loss(name, recorded, monkeypatch):
    """The loss of recorded label maps, and its gradient by the probabilities."""
    golden = recorded('ostrack_labels')
    p = torch.from_numpy(golden[f'focal/{name}/pred']).flatten(1).requires_grad_()
    labels = torch.from_numpy(golden[f'focal/{name}/target']).flatten(1)
    monkeypatch.setattr('vtzoo.models.losses.gaussian_labels', lambda *_: labels)
    boxes = Boxes(torch.zeros(len(p), p.shape[1], 4), torch.logit(p), torch.zeros(p.shape[1], 2))
    loss = GaussianFocalLoss()(boxes, Target(torch.zeros(len(p), 4), torch.ones(len(p), dtype=torch.bool)))
    close('Gaussian focal loss', loss, golden[f'focal/{name}/loss'], 1e-5, 'rel')
    if f'focal/{name}/grad' in golden.files:
        loss.backward()
        close('Gaussian focal loss, gradients', p.grad, golden[f'focal/{name}/grad'].reshape(p.shape), 1e-4, 'rel')


def test_reading_a_box(recorded):
    golden = recorded('ostrack_labels')
    score, size, offset = (torch.from_numpy(golden[f'calbox/in/{name}']) for name in ('score', 'size', 'offset'))
    boxes = CenterHead(Spec(8, 8, 16), 256, channels=8).boxes_of(torch.logit(score), offset, size)
    chosen = boxes.at(best(boxes))
    close('OSTrack boxes (0..1)', chosen.boxes[:, 0], golden['calbox/out/boxes'], 1e-5)
    close('OSTrack score, offset and size maps', chosen.scores.sigmoid(), golden['calbox/out/max'], 1e-5)
    assert torch.logit(torch.tensor(1 - 1e-4, dtype=torch.float64)).item() == pytest.approx(LARGEST_LOGIT)


def test_windows_and_positions(recorded):
    golden = recorded('ostrack_labels')
    for n in (8, 10, 16, 24):
        close('Hann windows', hann_window(n), golden[f'hann/{n}'], 1e-6)
    table = torch.from_numpy(golden['pos/table'])[:, 1:]
    for name, side in (('template_128', 8), ('template_192', 12), ('search_256', 16), ('search_384', 24)):
        close('position tables', resample_positions(table, side, side), golden[f'pos/{name}'], 1e-6)


def test_the_released_corner_head(recorded):
    """OSTrack's class for it alone: the released model with it does not run."""
    golden = recorded('ostrack_center')
    head = CornerHead(Spec(48, 48, 16), 128, channels=16).eval()
    state = {f'box_head.{key[10:]}': torch.from_numpy(golden[key]) for key in golden.files
             if key.startswith('corner/sd/')}
    head.load_state_dict({key.removeprefix('head.'): tensor for key, tensor in rename(state, MIXVIT)[0].items()})
    x = torch.from_numpy(golden['out/backbone_feat'])[:, 16:].transpose(1, 2).unflatten(2, (8, 8))
    with torch.no_grad():
        for tower, name in ((head.top_left, 'tl'), (head.bottom_right, 'br')):
            close('OSTrack corner maps', tower(x), golden[f'corner/out/score_map_{name}'], 1e-5, 'rel')
        box = head(Features(x, x[:, None]))['box'].boxes[:, 0]
    close('OSTrack boxes (0..1)', cxcywh_to_xyxy(box), golden['corner/out/box_xyxy'], 1e-5)


RUNS = dict(ce={}, noce={'model.fusion.elimination': None}, ce_gtbox={},
            ce_all={'model.fusion.elimination.template_range': 'ALL'}, ce_hidden={})


@pytest.mark.parametrize('run', RUNS)
def test_tracking(run, recorded, tiny):
    """The recorded boxes, scores, cells and eliminated tokens on every frame."""
    golden = recorded('ostrack_track')
    cfg = tiny('ostrack_tiny_ce', RUNS[run])
    tracker = OnlineTracker(load(golden, cfg), **vtzoo.config.tracking_settings(cfg))
    seen = []
    tracker.model.head.register_forward_hook(lambda head, given, branches: seen.append((given[0], branches['box'])))
    frames, truth = recorded_video(golden, hidden=run == 'ce_hidden')
    tracker.init(frames[0], truth[0])
    if run == 'ce_gtbox':
        asking = torch.from_numpy(golden['ce_gtbox/box_mask_z'])[None]
        box = torch.tensor(tracker.crop.template(truth[0], training=True).to_crop(truth[0]))
        xywh = torch.cat([box[:2] - box[2:] / 2, box[2:]])[None]
        assert (elimination.box_cells(xywh, 128) == asking).all()
        tracker.memory = tracker.memory._replace(asking=asking)
    for i, frame in enumerate(frames[1:]):
        result = tracker.track(frame)
        features, boxes = seen.pop()
        close('OSTrack tracked boxes', result.box, golden[f'{run}/boxes_xywh'][i], 0.02, 'px')
        score = boxes.scores[0].sigmoid()
        close('OSTrack tracking scores', score.max(), golden[f'{run}/max_score'][i], 1e-4)
        response = score * hann_window(10).flatten()
        close('OSTrack tracking scores', response.max(), golden[f'{run}/max_response'][i], 1e-4)
        assert int(response.argmax()) == golden[f'{run}/best_cell'][i]
        assert result.score == pytest.approx(float(score[response.argmax()]))
        close('OSTrack boxes (0..1)', boxes.boxes[0, response.argmax()], golden[f'{run}/pred_cxcywh'][i], 1e-5)
        if i + 1 in (1, 10, 20, 29):
            wanted = golden[f'{run}/score_maps_1_10_20_29'][(1, 10, 20, 29).index(i + 1)]
            close('OSTrack tracking scores', score.unflatten(0, (10, 10)), wanted, 1e-4)
        for stage, kept in enumerate(features.kept):
            wanted = set(np.flatnonzero(golden[f'{run}/kept_stage{stage}'][i]).tolist())
            assert len(wanted - set(kept[0].tolist())) <= 1, f'stage {stage} of frame {i + 1}'  # near ties


def test_crops(recorded, tiny):
    golden = recorded('ostrack_track')
    crop = vtzoo.build_model(tiny('ostrack_tiny_ce')).crop
    frames, truth = recorded_video(golden)
    assert (crop.template(truth[0]).cut(frames[0], (0, 0, 0)) == golden['crops/template_u8']).all()
    assert (crop.search(truth[0]).cut(frames[1], (0, 0, 0)) == golden['crops/search_frame1_u8']).all()
    close('Hann windows', hann_window(10), golden['window'], 1e-6)
