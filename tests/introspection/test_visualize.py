"""What a tracker looked at: each map is of whom it says, and looking changes nothing."""

import cv2
import numpy as np
import pytest
import torch

import vtzoo
from tests.models.test_grid import combinations, config
from vtzoo.cli import main
from vtzoo.inference.online import OnlineTracker
from vtzoo.introspection.observer import Observer
from vtzoo.introspection.visualize import attention_sheet, head_sheet, heated
from vtzoo.models import attention

GRID = list(combinations())
IMAGE = np.random.RandomState(0).randint(0, 255, (90, 120, 3)).astype(np.uint8)
BOX = (50, 40, 24, 18)


def observed(model, templates=2, **options):
    tracker = Observer(model, templates=dict(type='FirstOnly', copies=templates), **options)
    tracker.init(IMAGE, BOX)
    return tracker, tracker.track(IMAGE)


@pytest.mark.parametrize(('backbone', 'fusion', 'arguments', 'head'),
                         [one for one in GRID if one[:1] + one[3:] in (('CvT', 'QueryHead'), ('Swin', 'DoubleHead'))]
                         + [one for one in GRID if one[1] == 'CrossAttention' and one[::3] == ('CvT', 'CornerHead')],
                         ids=lambda value: str(value))
def test_every_token_of_every_attention_is_known(backbone, fusion, arguments, head):
    """Segments cover the queries and keys of each attention, each is of a stream somebody gave, and weights add up."""
    model = vtzoo.build_model(config(backbone, fusion, arguments, head, confidence=dict(type='SPM')))
    tracker, _ = observed(model)
    known = {'template', 'online template', 'search', 'query token', 'score token', 'box'}
    attentions = [look for look in tracker.looks if look.weights is not None]
    assert attentions
    for look in attentions:
        for side, segments in enumerate((look.queries, look.keys), 1):
            places = np.concatenate([segment.places for segment in segments])
            assert sorted(places) == list(range(look.weights.shape[side]))
            assert {segment.stream for segment in segments} <= known
            assert all(len(set(segment.cells.tolist())) == len(segment.places) for segment in segments)
            assert all(segment.cells.max() < segment.h * segment.w for segment in segments)
        torch.testing.assert_close(look.weights.sum(-1), torch.ones(look.weights.shape[:-1]))
        if look.topk:
            assert int((look.weights > 0).sum(-1).max()) <= look.topk
    shares = {}
    for glance in tracker.glances():
        assert glance.share == pytest.approx(glance.heat.sum(), abs=1e-5)
        one = id(glance.look), glance.who
        shares[one] = shares.get(one, 0) + glance.share
    assert all(share == pytest.approx(1, abs=1e-3) for share in shares.values())


def test_looking_changes_nothing():
    torch.manual_seed(0)
    model = vtzoo.build_model(config('CvT', 'AsymmetricMAM', {}, 'CornerHead'))
    plain = OnlineTracker(model, templates=dict(type='FirstOnly', copies=2))
    plain.init(IMAGE, BOX)
    expected = plain.track(IMAGE)
    _, seen = observed(model)
    np.testing.assert_allclose(seen.box, expected.box, atol=1e-3)
    assert seen.score == pytest.approx(expected.score, abs=1e-4)
    assert attention._listeners == []
    assert not any(module._forward_hooks for name, module in model.named_modules() if name != 'head')


def test_heads_show_their_maps():
    torch.manual_seed(0)
    corner, _ = observed(vtzoo.build_model(config('CvT', 'AsymmetricMAM', {}, 'CornerHead')))
    maps = corner.head_maps()
    assert list(maps) == ['top left corner', 'bottom right corner']
    assert all(heat.sum() == pytest.approx(1, abs=1e-4) for heat in maps.values())
    double, _ = observed(vtzoo.build_model(config('CvT', 'AsymmetricMAM', {}, 'DoubleHead')))
    maps = double.head_maps()
    assert list(maps) == ['fc', 'conv', 'both']
    fc, conv, both = maps.values()
    np.testing.assert_allclose(both, fc + conv * (1 - fc), atol=1e-5)  # SparseTT, section 3.4
    query, result = observed(vtzoo.build_model(config('CvT', 'AsymmetricMAM', {}, 'QueryHead')))
    assert query.head_maps() == {}
    assert head_sheet(query, IMAGE, result).shape[2] == 3


def test_nothing_to_show_is_said():
    tracker, _ = observed(vtzoo.build_model(config('ResNet', 'AsymmetricMAM', dict(depth=1, dim=32, heads=2),
                                                   'CornerHead')))
    tracker.looks = []
    with pytest.raises(ValueError, match='no attention to show'):
        attention_sheet(tracker)


def test_heat_glows_where_the_map_is_hot():
    heat = np.zeros((4, 4))
    heat[1, 2] = 1
    shown = heated(np.full((8, 8, 3), 100, np.uint8), heat, 40).astype(int)
    assert shown[10:20, 20:30].mean() > shown[:10].mean() + 50
    even = heated(np.full((8, 8, 3), 100, np.uint8), np.full((4, 4), 0.25), 40)
    assert even.max() < 120


@pytest.fixture(scope='module')
def video(tmp_path_factory):
    folder = tmp_path_factory.mktemp('video')
    for i in range(4):
        cv2.imwrite(str(folder / f'{i}.png'), np.roll(IMAGE, i, 1))
    return folder


@pytest.mark.parametrize('name', ['mixformer_tiny_spm', 'sparsett_tiny'])
def test_from_the_shell(name, tiny, video, tmp_path, capsys):
    torch.save(vtzoo.build_model(tiny(name)).state_dict(), tmp_path / 'x.pth')
    assert main(['visualize', f'tests/configs/{name}.py', str(tmp_path / 'x.pth'), str(video), '--box', '50,40,24,18',
                 '--frames', '2', '--out', str(tmp_path / 'sheets')]) == 0
    files = sorted(path.name for path in (tmp_path / 'sheets').iterdir())
    assert files == ['frame000002_attention.png', 'frame000002_head.png']
    assert capsys.readouterr().out.count('.png') == 2
    assert cv2.imread(str(tmp_path / 'sheets' / files[0])).std() > 10


@pytest.mark.parametrize(('changes', 'said'), [
    (dict(checkpoint='none.pth'), 'there is no checkpoint'),
    (dict(video='/nowhere'), 'there is no video, folder or stream'), (dict(video='.'), 'holds no pictures'),
    (dict(box='1,2,3'), 'is four numbers'),
    (dict(box='500,2,3,4'), 'lies outside the image'), (dict(frames='9'), 'has no frame 9: its last is 3'),
    (dict(frames='0'), 'numbers from 1 on'), (dict(config='tiniest'), 'there is no config')])
def test_bad_input_is_one_sentence(changes, said, tiny, video, tmp_path, capsys):
    torch.save(vtzoo.build_model(tiny('mixformer_tiny')).state_dict(), tmp_path / 'x.pth')
    given = dict(config='tests/configs/mixformer_tiny.py', checkpoint=tmp_path / 'x.pth', video=video,
                 box='50,40,24,18', frames='1') | changes
    if given['video'] == '.':
        given['video'] = tmp_path
    assert main(['visualize', *map(str, (given['config'], given['checkpoint'], given['video'])), '--box', given['box'],
                 '--frames', given['frames'], '--out', str(tmp_path / 'out')]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_place_that_cannot_be_written_is_named(tiny, video, tmp_path, capsys):
    torch.save(vtzoo.build_model(tiny('mixformer_tiny')).state_dict(), tmp_path / 'x.pth')
    assert main(['visualize', 'tests/configs/mixformer_tiny.py', str(tmp_path / 'x.pth'), str(video),
                 '--box', '50,40,24,18', '--frames', '1', '--out', str(tmp_path / 'x.pth' / 'out')]) == 1
    assert capsys.readouterr().err == f'vtzoo visualize: {tmp_path / "x.pth" / "out"}: Not a directory\n'
