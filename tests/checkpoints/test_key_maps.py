"""Backbones in transformers' and torchvision's naming give the outputs they have there.

The recorded file holds names, shapes and outputs of transformers' models whose weights :func:`numbers` draws; where
transformers is installed, its own models are run beside it.
"""

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from timm.layers import QuickGELU

from vtzoo.checkpoints.convert import backbone_weights
from vtzoo.checkpoints.key_maps import family_of
from vtzoo.models.backbones.cvt import CvT
from vtzoo.models.backbones.swin import Swin

RECORDED = Path(__file__).parents[1] / 'data' / 'transformers_backbones.json'
SIZES = dict(cvt=64, swin=224)
STEP = 13  # every so manyth number of an output is kept


def numbers(name, shape):
    """Weights that only depend on their name."""
    draw = np.random.RandomState(zlib.crc32(name.encode()) % 2 ** 31)
    if name.endswith('running_var'):
        return torch.from_numpy(draw.uniform(0.5, 1.5, shape).astype(np.float32))
    centre = float(len(shape) == 1 and name.endswith('weight'))
    return torch.from_numpy(draw.normal(centre, 0.1, shape).astype(np.float32))


def drawn(state):
    return {key: numbers(key, tensor.shape) if tensor.is_floating_point() else tensor for key, tensor in state.items()}


def ours(backbone, state):
    """Our backbone, filled from a foreign state dict -> it."""
    backbone.load_state_dict(backbone_weights(state, backbone), strict=False)
    return backbone.eval()


def image(kind):
    return numbers(f'image of {kind}', (1, 3, SIZES[kind], SIZES[kind]))


@pytest.mark.parametrize(('kind', 'model', 'family'), [
    ('cvt', CvT, 'cvt_transformers'), ('swin', Swin, 'swin_transformers')])
@pytest.mark.parametrize('classifier', [False, True])
def test_recorded_outputs_of_transformers(kind, model, family, classifier):
    recorded = json.loads(RECORDED.read_text())[kind]
    state = {name: numbers(name, shape) for name, shape in recorded['shapes'].items()}
    if classifier:  # as the hub stores them
        state = {f'{kind}.{name}': tensor for name, tensor in state.items()}
        state |= {'layernorm.weight': torch.ones(3), 'classifier.bias': torch.zeros(2)}
    assert family_of(state) == family
    with torch.no_grad():
        backbone = ours(model('tiny'), state)
        found = backbone(image(kind)) if kind == 'cvt' else before_norm(backbone, image(kind))
    torch.testing.assert_close(found.flatten()[::STEP], torch.tensor(recorded['output']), atol=1e-5, rtol=1e-5)


def run_transformers(folder):
    """transformers' own models with the same weights -> what the recorded file holds."""
    import safetensors.torch
    from transformers import CvtConfig, CvtModel, SwinConfig, SwinModel

    out = {}
    for kind, cls, cfg in (
            ('cvt', CvtModel, CvtConfig(embed_dim=[16, 48, 96], num_heads=[1, 3, 6], depth=[1, 2, 3],
                                        cls_token=[False] * 3)),
            ('swin', SwinModel, SwinConfig(embed_dim=24, depths=[2, 2, 2, 1], num_heads=[2, 4, 8, 8], window_size=7))):
        place = folder / kind
        cls(cfg).save_pretrained(place)  # under the names that the hub's files have
        stored = safetensors.torch.load_file(place / 'model.safetensors')
        safetensors.torch.save_file(drawn(stored), place / 'model.safetensors', dict(format='pt'))
        net = cls.from_pretrained(place).eval()
        for module in list(net.modules()):  # CvT is trained with QuickGELU; transformers 5.24 runs it with GELU
            for name, child in module.named_children():
                if kind == 'cvt' and isinstance(child, torch.nn.GELU):
                    setattr(module, name, QuickGELU())
        seen = {}
        last = net.encoder.stages[2] if kind == 'cvt' else net.encoder.layers[2].blocks[-1]
        last.register_forward_hook(lambda module, inputs, output, seen=seen: seen.update(output=output))
        with torch.no_grad():
            net(image(kind))
        output = seen['output'][0] if isinstance(seen['output'], tuple) else seen['output']
        out[kind] = dict(shapes={name: list(tensor.shape) for name, tensor in stored.items()},
                         output=[round(value, 6) for value in output.flatten()[::STEP].tolist()])
    return out


@pytest.mark.slow
def test_what_is_recorded_is_what_transformers_gives(tmp_path):
    pytest.importorskip('transformers', reason='transformers is not installed: the recorded file stands for it')
    found, recorded = run_transformers(tmp_path), json.loads(RECORDED.read_text())
    for kind in recorded:
        assert found[kind]['shapes'] == recorded[kind]['shapes']
        np.testing.assert_allclose(found[kind]['output'], recorded[kind]['output'], atol=1e-5, rtol=1e-5)


def test_swin_of_torchvision():
    from torchvision.models.swin_transformer import SwinTransformer
    net = SwinTransformer(patch_size=[4, 4], embed_dim=24, depths=[2, 2, 2, 1], num_heads=[2, 4, 8, 8],
                          window_size=[7, 7]).eval()
    net.load_state_dict(drawn(net.state_dict()))
    assert family_of(net.state_dict()) == 'swin_torchvision'
    backbone = ours(Swin('tiny'), net.state_dict())
    with torch.no_grad():
        wanted = net.features[:6](image('swin'))
        torch.testing.assert_close(before_norm(backbone, image('swin')), wanted, atol=1e-5, rtol=1e-5)


def before_norm(backbone, x):
    return backbone.layers(backbone.patch_embed(x))


def test_a_part_of_qkv_that_is_missing_is_said():
    shapes = json.loads(RECORDED.read_text())['swin']['shapes']
    state = {name: numbers(name, shape) for name, shape in shapes.items()}
    key = 'encoder.layers.0.blocks.0.attention.self.key.weight'
    with pytest.raises(ValueError, match='three parts of'):
        ours(Swin('tiny'), {name: tensor for name, tensor in state.items() if name != key})
    with pytest.raises(ValueError, match='three parts of'):
        ours(Swin('tiny'), state | {key: torch.zeros(5, 5)})
