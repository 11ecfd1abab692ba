"""What cannot work fails at build, in one sentence that names the fix."""

import re

import pytest
import torch

import vtzoo
from vtzoo.inference.online import OnlineTracker

MODEL = dict(
    type='Tracker', crop=dict(type='AreaCrop', template_size=48, search_size=80),
    backbone=dict(type='CvT', arch='tiny'), fusion=dict(type='AsymmetricMAM'),
    head=dict(type='CornerHead', channels=8))
DOUBLE = dict(type='DoubleHead', width=16, convs=1)

BAD = {
    'an unknown part': (dict(fusion=dict(type='MAMM')), "did you mean 'MAM'"),
    'a part without type': (dict(fusion=dict(depth=2)), 'a fusion needs a type'),
    'an unknown argument': (dict(fusion=dict(type='CrossAttention', topk=3)), "takes no 'topk'; it takes: style"),
    'an unknown arch': (dict(backbone=dict(type='CvT', arch='cvt99')), 'write one of cvt13'),
    'an empty stage': (dict(backbone=dict(type='CvT', arch='tiny', depths=(1, 0, 1))), 'positive depth'),
    'an unknown size': (dict(backbone=dict(type='ViT', arch='vit_giant')), 'write one of vit_large'),
    'unknown positions': (dict(backbone=dict(type='ViT', arch='tiny', positions='rope')),
                          "write 'sincos' or 'learned'"),
    'a width for fixed positions': (dict(backbone=dict(type='ViT', arch='tiny', width=18, heads=1)),
                                    "write positions='learned'"),
    'ViT heads': (dict(backbone=dict(type='ViT', arch='tiny', heads=5)), 'heads that divide it'),
    'a ViT without blocks': (dict(backbone=dict(type='ViT', arch='tiny', depth=0)), 'write depth=12'),
    'more frozen than there are': (dict(backbone=dict(type='ViT', arch='tiny', frozen_blocks=9)), 'not among 0..4'),
    'elimination that templates do not rank': (
        dict(backbone=dict(type='ViT', arch='tiny'), fusion=dict(type='AsymmetricMAM', elimination={})),
        "write type='MAM'"),
    'elimination in convolutions': (dict(fusion=dict(type='MAM', elimination={})), "backbone=dict(type='ViT')"),
    'elimination after the backbone': (
        dict(backbone=dict(type='ViT', arch='tiny'), fusion=dict(type='MAM', depth=2, elimination={})),
        "backbone=dict(type='ViT')"),
    'elimination where nothing mixes': (
        dict(backbone=dict(type='ViT', arch='tiny'), fusion=dict(type='MAM', blocks=1, elimination=dict(blocks=[2]))),
        'mixes in the blocks 3 to 3'),
    'elimination without blocks': (
        dict(backbone=dict(type='ViT', arch='tiny'), fusion=dict(type='MAM', elimination=dict(blocks=[]))),
        'write blocks=[3, 6, 9]'),
    'nothing kept': (
        dict(backbone=dict(type='ViT', arch='tiny'), fusion=dict(type='MAM', elimination=dict(blocks=[1], keep=0))),
        'a share above 0'),
    'shares for other blocks': (
        dict(backbone=dict(type='ViT', arch='tiny'),
             fusion=dict(type='MAM', elimination=dict(blocks=[1, 2], keep=[0.5]))), 'one for each of its 2 blocks'),
    'an unknown template range': (
        dict(backbone=dict(type='ViT', arch='tiny'),
             fusion=dict(type='MAM', elimination=dict(blocks=[1], template_range='GT_BOX'))), 'write one of CTR_POINT'),
    'an unknown word in elimination': (
        dict(backbone=dict(type='ViT', arch='tiny'), fusion=dict(type='MAM', elimination=dict(block=[1]))),
        "did you mean 'blocks'"),
    'a thin center head': (dict(head=dict(type='CenterHead', channels=4)), '8 or more'),
    'a Gaussian loss on corners': (dict(losses=[dict(type='GaussianFocalLoss')]), 'take a head that gives scores'),
    'an unknown depth': (dict(backbone=dict(type='ResNet', depth=19), fusion=dict(type='MAM', depth=1)),
                         'write 18, 34, 50 or 101'),
    'an odd stride': (dict(backbone=dict(type='ResNet', stride=4), fusion=dict(type='MAM', depth=1)), '16 or 8'),
    'MAM in Swin': (dict(backbone=dict(type='Swin', arch='tiny')), "write fusion=dict(type='AsymmetricMAM', depth=4)"),
    'MAM in ResNet': (dict(backbone=dict(type='ResNet', depth=18), fusion=dict(type='MAM')), 'depth=4'),
    'inside and after': (dict(fusion=dict(type='MAM', blocks=1, depth=1)), 'write one of them'),
    'no own block': (dict(fusion=dict(type='MAM', depth=0)), 'write depth=4'),
    'too many blocks': (dict(fusion=dict(type='MAM', blocks=7)), '1 to 6 blocks'),
    'heads that do not divide': (dict(fusion=dict(type='MAM', depth=1, dim=32, heads=3)), 'heads that divide it'),
    'sparse heads': (dict(fusion=dict(type='SparseEncoderDecoder', dim=32, heads=3)), 'heads that divide it'),
    'no key kept': (dict(fusion=dict(type='SparseEncoderDecoder', topk=0)), 'keeps at least one key'),
    'no decoder': (dict(fusion=dict(type='SparseEncoderDecoder', decoder_layers=0)), 'one decoder layer'),
    'an unknown style': (dict(fusion=dict(type='CrossAttention', style='vanilla')), "write 'cam', 'self-cross'"),
    'no layer': (dict(fusion=dict(type='CrossAttention', depth=0)), 'write depth=3'),
    'a blind query': (dict(fusion=dict(type='CrossAttention', style='cam'), head=dict(type='QueryHead')),
                      "style='self-cross'"),
    'a query without way': (dict(backbone=dict(type='ResNet', depth=18), fusion=dict(type='PixelCorrelation'),
                                 head=dict(type='QueryHead')), "style='self-cross'"),
    'an odd stride of EfficientNet': (dict(backbone=dict(type='EfficientNet', stride=4),
                                           fusion=dict(type='PixelCorrelation')), '8 or 16'),
    'a thin corner head': (dict(head=dict(type='CornerHead', channels=4)), '8 or more'),
    'unknown branches': (dict(head=DOUBLE | dict(branches=('fc', 'mlp'))), "('fc', 'conv')"),
    'focal loss on corners': (dict(losses=[dict(type='FocalLoss')]), 'take a head that gives scores (DoubleHead)'),
    'untrained scores': (dict(head=DOUBLE, losses=[dict(type='L1Loss')]), 'no loss trains the scores of DoubleHead'),
    'untrained boxes': (dict(head=DOUBLE, losses=[dict(type='FocalLoss')]), 'no loss trains the boxes of DoubleHead'),
    'a branch without weight': (dict(head=DOUBLE, losses=[dict(type='FocalLoss', weight=dict(fc=1.0)),
                                                          dict(type='IoULoss')]), 'give each of them a weight'),
    'a loss named twice': (dict(losses=[dict(type='L1Loss'), dict(type='L1Loss', weight=2)]), 'L1Loss more than once'),
    'no fusion': (dict(fusion=None), 'a fusion is written as dict(type=...), not None'),
    'a loss by name alone': (dict(losses='L1Loss'), 'a loss is written as dict(type=...)'),
    'no heads': (dict(fusion=dict(type='MAM', depth=1, dim=32, heads=0)), 'heads that divide it'),
    'no width': (dict(fusion=dict(type='CrossAttention', dim=0)), 'cannot split dim=0'),
    'an odd width': (dict(fusion=dict(type='CrossAttention', dim=33, heads=3)), 'write an even dim'),
    'keys by word': (dict(fusion=dict(type='SparseEncoderDecoder', topk='all')), 'write a number or None'),
    'an unknown frozen part': (dict(frozen=('neck',)), "frozen names 'neck', the parts are backbone, fusion, head"),
    'everything frozen': (dict(frozen=('backbone', 'fusion', 'head')), 'leaves nothing to train'),
    'a frozen head alone': (dict(frozen=('head',)), 'take head out of frozen'),
    'a confident first stage': (dict(confidence=dict(type='SPM'), frozen=('backbone',)),
                                "write frozen=('backbone', 'fusion', 'head')"),
    'SPM heads': (dict(confidence=dict(type='SPM', dim=64, heads=3)), 'heads that divide it'),
}


@pytest.mark.parametrize('what', BAD)
def test_build_says_what_to_write(what):
    change, message = BAD[what]
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        vtzoo.build_model(dict(model=MODEL | change))
    assert '\n' not in str(caught.value)


def test_a_map_too_large_for_its_positions():
    model = vtzoo.build_model(dict(model=MODEL | dict(
        fusion=dict(type='SparseEncoderDecoder', dim=32, heads=2, hidden=32, positions=4))))
    with pytest.raises(ValueError, match='write positions=5 in the fusion'):
        model.memorize(torch.zeros(1, 1, 3, 80, 80))


def test_tracking_settings_that_do_not_fit_the_head():
    model = vtzoo.build_model(dict(model=MODEL))
    with pytest.raises(ValueError, match=r"write tracking.ranking=dict\(type='Best'\)"):
        OnlineTracker(model, ranking=dict(type='WindowPenalty'))
    with pytest.raises(ValueError, match="no 'zoom' to change"):
        OnlineTracker(model, crop=dict(zoom=2))
    query = vtzoo.build_model(dict(model=MODEL | dict(head=dict(type='QueryHead'))))
    with pytest.raises(ValueError, match="confidence=dict\\(type='SPM'\\)"):
        OnlineTracker(query, templates=dict(type='HighestScore'))


def test_a_config_without_a_model():
    for nothing in ({}, ['model'], dict(model=None)):
        with pytest.raises(ValueError, match="a mapping with a part 'model'"):
            vtzoo.build_model(nothing)


@pytest.mark.parametrize(('device', 'message'), [('gpu', 'write cpu, cuda'), ('cuda', 'no GPU that torch can use')])
def test_a_device_that_is_not_there(device, message):
    if device == 'cuda' and torch.cuda.is_available():
        pytest.skip('there is a GPU')
    with pytest.raises(ValueError, match=message):
        OnlineTracker(vtzoo.build_model(dict(model=MODEL)), device=device)
