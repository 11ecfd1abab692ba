"""Released checkpoints come in whole or not at all, and nothing in them runs."""

import os
import subprocess
import sys
import types

import cv2
import numpy as np
import pytest
import timm
import torch

import vtzoo
from tests.parity import released
from vtzoo.checkpoints.convert import backbone_weights, convert_file
from vtzoo.checkpoints.files import read_checkpoint
from vtzoo.checkpoints.key_maps import FAMILIES, family_of, merging
from vtzoo.checkpoints.pretrained import load_pretrained
from vtzoo.cli import main
from vtzoo.utils.renaming import rename


@pytest.fixture
def mixformer(recorded):
    return released(recorded('mixformer_online'))


@pytest.fixture
def checkpoint(tmp_path, mixformer, monkeypatch):
    """A MixFormer checkpoint as the released trainer writes it: objects of its own classes beside the weights."""
    modules = {name: types.ModuleType(name) for name in ('lib', 'lib.train', 'lib.train.admin')}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    for name, cls in (('lib.train.admin.settings', 'Settings'), ('lib.train.admin.stats', 'AverageMeter'),
                      ('lib.train.admin.local', 'EnvironmentSettings')):
        module = types.ModuleType(name)
        setattr(module, cls, type(cls, (), {'__module__': name, '__qualname__': cls}))
        modules[name] = module
        monkeypatch.setitem(sys.modules, name, module)
    settings = modules['lib.train.admin.settings'].Settings()
    settings.env = modules['lib.train.admin.local'].EnvironmentSettings()
    settings.env.workspace_dir = '/somewhere'
    settings.device = torch.device('cuda:0')
    meter = modules['lib.train.admin.stats'].AverageMeter()
    meter.history, meter.avg = [0.5, 0.25], 0.25
    path = tmp_path / 'mixformer_online.pth.tar'
    torch.save(dict(epoch=40, actor_type='MixFormerActor', net_type='MixFormerOnlineScore', net_info=None,
                    net={key: torch.from_numpy(value) for key, value in mixformer.items()}, constructor=None,
                    optimizer=dict(state={}, param_groups=[]), stats=dict(train=dict(loss=meter)),
                    settings=settings), path)
    for name in modules:
        monkeypatch.delitem(sys.modules, name)
    return path


def test_custom_objects_stay_inert(checkpoint, tiny):
    contents = read_checkpoint(checkpoint)
    assert type(contents['settings']).__module__ == 'vtzoo.checkpoints.files'
    assert contents['settings'].env.workspace_dir == '/somewhere'
    assert 'lib.train.admin.settings' not in sys.modules
    state = vtzoo.convert(checkpoint, tiny('mixformer_tiny_spm'))
    vtzoo.build_model(tiny('mixformer_tiny_spm')).load_state_dict(state)


class Harm:
    """Runs a command when it is unpickled."""

    def __init__(self, call, *args):
        self.call, self.args = call, args

    def __reduce__(self):
        return self.call, self.args


@pytest.mark.parametrize('harm', [
    Harm(os.system, 'touch {path}'), Harm(eval, "open('{path}', 'w')"),
    Harm(subprocess.check_call, ['touch', '{path}']),
    Harm(getattr, 'text', 'upper')])
def test_a_file_that_wants_code_run_is_refused(tmp_path, tiny, harm):
    proof = tmp_path / 'harm'
    harm.args = tuple(arg.format(path=proof) if isinstance(arg, str) else arg for arg in harm.args)
    path = tmp_path / 'bad.pth'
    torch.save(dict(net={'a': torch.zeros(1)}, settings=harm), path)
    with pytest.raises(ValueError, match='is refused: it holds more than data'):
        vtzoo.convert(path, tiny('mixformer_tiny'))
    assert not proof.exists()


@pytest.mark.parametrize('spoil', ['cut', 'text', 'empty', 'missing', 'no weights', 'a list'])
def test_files_that_are_no_checkpoints(tmp_path, tiny, checkpoint, spoil):
    path = tmp_path / 'x.pth'
    if spoil == 'cut':
        path.write_bytes(checkpoint.read_bytes()[:20000])
    elif spoil == 'text':
        path.write_text('not a checkpoint')
    elif spoil == 'empty':
        path.touch()
    elif spoil == 'no weights':
        torch.save(dict(net=dict(epoch=1)), path)
    elif spoil == 'a list':
        torch.save([1], path)
    with pytest.raises(ValueError, match=r'x\.pth|holds no tensors|is a list'):
        vtzoo.convert(path, tiny('mixformer_tiny'))


def test_a_key_too_many_or_too_few_is_listed(mixformer, tiny):
    cfg = tiny('mixformer_tiny_spm')
    key = 'backbone.stage0.blocks.0.norm1.weight'
    with pytest.raises(ValueError, match=r'missing: backbone\.stages\.0\.blocks\.0\.norm1\.weight'):
        vtzoo.convert({k: v for k, v in mixformer.items() if k != key}, cfg)
    with pytest.raises(ValueError, match=r'left over: box_head\.surprise'):
        vtzoo.convert(mixformer | {'box_head.surprise': np.zeros(1)}, cfg)
    with pytest.raises(ValueError, match='of another shape: '):
        vtzoo.convert(mixformer | {key: np.zeros(3)}, cfg)
    with pytest.raises(ValueError, match=r'left over: confidence\.token'):
        vtzoo.convert(mixformer, tiny('mixformer_tiny'))


def test_known_dead_weights_are_a_short_list(recorded):
    for file, family, dead in (
            ('mixformer_online', 'mixformer', {'backbone.norm.weight', 'backbone.norm.bias', 'backbone.head.weight',
                                               'backbone.head.bias'}),
            ('sparsett_model', 'sparsett', {'head.fm_ctr'})):
        state = released(recorded(file))
        assert family_of(state) == family
        _, left, unknown = rename({k: torch.from_numpy(v) for k, v in state.items()}, FAMILIES[family])
        assert not unknown
        assert {key for key in left if not key.endswith('relative_position_index')} == dead


def test_merging_orders(tiny):
    """mmdet unfolds channel by channel, Swin joins pixel by pixel: both give the same merged map."""
    x = torch.randn(1, 3, 4, 4)
    weight = torch.randn(5, 12)
    unfolded = torch.nn.functional.unfold(x, 2, stride=2)[0].T @ weight.T
    merge = timm.models.swin_transformer.PatchMerging(3, 5)
    merge.norm = torch.nn.Identity()
    merge.reduction.weight.data = merging(weight)
    torch.testing.assert_close(merge(x.permute(0, 2, 3, 1)).flatten(1, 2)[0], unfolded)


def test_round_trip_of_our_own_checkpoints(tmp_path, tiny):
    cfg = tiny('sparsett_tiny')
    state = vtzoo.build_model(cfg).state_dict()
    torch.save(dict(state_dict=state, meta={}), tmp_path / 'own.pth')
    again = vtzoo.convert(tmp_path / 'own.pth', cfg)
    assert again.keys() == state.keys()
    assert all(torch.equal(again[key], state[key]) for key in state)
    with pytest.raises(ValueError, match='does not fit this tracker; missing: '):
        vtzoo.convert(tmp_path / 'own.pth', tiny('mixformer_tiny'))


def cvt_release(model):
    """A CvT's own state dict under the authors' names."""
    out = {}
    for key, value in model.backbone.state_dict().items():
        key = key.replace('stages.', 'stage', 1)
        stage, rest = key.split('.', 1)
        if rest.startswith(('proj', 'norm')):
            rest = f'patch_embed.{rest}'
        for ours, theirs in (('.mlp.0.', '.mlp.fc1.'), ('.mlp.2.', '.mlp.fc2.'), ('.out.', '.attn.proj.')):
            rest = rest.replace(ours, theirs)
        for p in 'qkv':
            rest = rest.replace(f'.{p}.conv.', f'.attn.conv_proj_{p}.conv.').replace(
                f'.{p}.bn.', f'.attn.conv_proj_{p}.bn.').replace(f'.{p}.linear.', f'.attn.proj_{p}.')
        out[f'{stage}.{rest}'] = value
    out['stage0.blocks.0.attn.conv_proj_q.bn.num_batches_tracked'] = torch.tensor(7)
    return out | {'norm.weight': torch.ones(96), 'norm.bias': torch.zeros(96), 'head.weight': torch.zeros(1000, 96),
                  'head.bias': torch.zeros(1000), 'stage2.cls_token': torch.zeros(1, 1, 96)}


def test_imagenet_cvt_fills_the_backbone_and_is_cut_to_depth(tiny):
    deep = vtzoo.build_model(tiny('mixformer_tiny', {'model.backbone.depths': (1, 2, 5)}))
    source = cvt_release(deep)
    assert family_of(source) == 'cvt'
    state = vtzoo.convert(source, tiny('mixformer_tiny'))
    model = vtzoo.build_model(tiny('mixformer_tiny'))
    assert set(state) == {f'backbone.{key}' for key in model.backbone.state_dict()}
    assert all(torch.equal(state[f'backbone.{key}'], deep.backbone.state_dict()[key])
               for key in model.backbone.state_dict())
    source.pop('stage1.blocks.0.norm1.weight')
    with pytest.raises(ValueError, match=r'missing: backbone\.stages\.1'):
        vtzoo.convert(source, tiny('mixformer_tiny'))


@pytest.mark.parametrize('layout', ['timm', 'microsoft'])
def test_imagenet_swin_in_both_layouts(tiny, layout):
    net = timm.models.SwinTransformer(img_size=224, embed_dim=24, depths=(2, 2, 2, 2), num_heads=(2, 4, 8, 8),
                                      window_size=7, num_classes=10)
    source = dict(net.state_dict())
    if layout == 'microsoft':  # a stage ends with its merging; index buffers are stored
        source = {key.replace(f'layers.{i}.downsample', f'layers.{i - 1}.downsample')
                  if (i := int(key.split('.')[1]) if key.startswith('layers') else 0) and 'downsample' in key else key:
                  value for key, value in source.items()}
        source['layers.0.blocks.1.attn_mask'] = torch.zeros(1)
        source['layers.0.blocks.0.attn.relative_position_index'] = torch.zeros(49, 49, dtype=torch.long)
        for key in [key for key in source if 'relative_position_index' in key]:
            source[key] = source[key].clone()
    assert family_of(source) == f'swin_{layout}'
    model = vtzoo.build_model(tiny('sparsett_tiny'))
    missing = model.load_state_dict(vtzoo.convert(source, tiny('sparsett_tiny')), strict=False).missing_keys
    assert {key for key in missing if key.startswith('backbone')} == {'backbone.norm.weight', 'backbone.norm.bias'}
    image = torch.randn(1, 3, 224, 224)  # a multiple of 7 at every stage: timm is right there
    net.eval()
    with torch.no_grad():
        wanted = net.layers[2](net.layers[1](net.layers[0](net.patch_embed(image))))
        wanted = model.backbone.norm(wanted).permute(0, 3, 1, 2)
        torch.testing.assert_close(model.backbone.eval()(image), wanted, atol=1e-4, rtol=1e-4)


def test_imagenet_resnet(tiny):
    net = timm.create_model('resnet18')
    cfg = tiny('mixformer_tiny', {'model.backbone': dict(type='ResNet', depth=18),
                                  'model.fusion': dict(type='AsymmetricMAM', depth=1, dim=32)})
    state = vtzoo.convert(net.state_dict(), cfg)
    model = vtzoo.build_model(cfg)
    model.load_state_dict(state, strict=False)
    image = torch.randn(1, 3, 80, 80)
    net.eval()
    with torch.no_grad():
        wanted = net.layer3(net.layer2(net.layer1(net.maxpool(net.act1(net.bn1(net.conv1(image)))))))
        torch.testing.assert_close(model.backbone.eval()(image), wanted, atol=1e-4, rtol=1e-4)


def test_pretrained_weights_that_cannot_be_had(tmp_path, tiny, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = vtzoo.build_model(tiny('mixformer_tiny', {'model.backbone.pretrained': 'cvt.pth'}))
    with pytest.raises(FileNotFoundError, match=r'tried: cvt\.pth, weights/cvt\.pth\. Point to a file with '
                                                r'--cfg-options model\.backbone\.pretrained=FILE .*--from-scratch'):
        load_pretrained(model.backbone)
    torch.save(cvt_release(model), tmp_path / 'cvt.pth')
    before = {key: value.clone() for key, value in model.backbone.state_dict().items()}
    for parameter in model.backbone.parameters():
        torch.nn.init.zeros_(parameter)
    load_pretrained(model.backbone)
    assert all(torch.equal(before[key], value) for key, value in model.backbone.state_dict().items())


def test_the_backbone_of_a_shipped_tracker():
    shipped = vtzoo.load_tracker('nano/lite_nano').model.backbone
    backbone = type(shipped)(stride=8, channels=96, pretrained='shipped:nano/lite_nano')
    load_pretrained(backbone)
    assert all(torch.equal(shipped.state_dict()[key], value) for key, value in backbone.state_dict().items())
    with pytest.raises(FileNotFoundError, match='sparsett_swin_t ships no weights; trackers that ship: nano/lite_nano'):
        load_pretrained(backbone, 'shipped:sparsett_swin_t')


def test_from_the_shell(checkpoint, tmp_path, capsys):
    """Converting, loading and tracking with a checkpoint in released form."""
    config = 'tests/configs/mixformer_tiny_spm.py'
    converted = tmp_path / 'converted.pth'

    words = ('convert', checkpoint, converted, '--config', config)
    done = subprocess.run([sys.executable, '-m', 'vtzoo', *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 'tensors for tests/configs/mixformer_tiny_spm.py from mixformer' in done.stdout
    meta = torch.load(converted, weights_only=True)['meta']
    assert len(meta['source_sha256']) == 64
    assert meta['vtzoo'] == vtzoo.__version__
    frames = tmp_path / 'frames'
    frames.mkdir()
    for i in range(3):
        noise = np.random.RandomState(i).randint(0, 255, (96, 128, 3)).astype(np.uint8)
        cv2.imwrite(str(frames / f'{i:04}.jpg'), noise)
    words = ('demo', frames, '--box', '30,30,40,40', '--config', config, '--checkpoint', converted,
             '--out', tmp_path / 'out.mp4')
    assert main([*map(str, words)]) == 0
    assert np.loadtxt(tmp_path / 'out.txt', delimiter=',').shape == (3, 5)
    assert (tmp_path / 'out.mp4').stat().st_size > 0
    assert main(['convert', str(tmp_path / 'out.txt'), str(tmp_path / 'x.pth')]) == 2
    capsys.readouterr()
    assert main(['demo', str(frames), '--box', '30,30,40', '--config', config]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert main(['demo', str(tmp_path / 'out.mp4'), '--box', '30,30,40,40', '--out', str(tmp_path / 'out.mp4')]) == 2
    assert (tmp_path / 'out.mp4').stat().st_size > 0, 'the video is not written over itself'


def test_the_config_is_found_from_the_weights(tmp_path):
    with torch.device('meta'):
        names = {key: tuple(value.shape) for key, value in vtzoo.build_model('sparsett_swin_t').state_dict().items()}
    state = {key: torch.zeros(shape) for key, shape in names.items()}
    torch.save(dict(state_dict=state), tmp_path / 'own.pth')
    with pytest.raises(ValueError, match='name its config with --config'):
        convert_file(tmp_path / 'own.pth', tmp_path / 'x.pth')


class Reversed(vtzoo.registry.BACKBONES.get('ResNet')):
    """A backbone from outside whose authors wrote their keys backwards."""

    def checkpoint_filter(self, state):
        return {'.'.join(reversed(key.split('.'))): value for key, value in state.items() if key != 'classifier'}


def test_a_backbone_owns_its_key_filter(tiny):
    backbone = Reversed(depth=18)
    wanted = backbone.state_dict()
    source = {'.'.join(reversed(key.split('.'))): value for key, value in wanted.items()} \
        | {'classifier': torch.ones(1)}
    found = backbone_weights(source, backbone)
    assert found.keys() == wanted.keys()
    with pytest.raises(ValueError, match=r'does not fit the backbone Reversed; .*left over: backbone\.surprise'):
        backbone_weights(source | {'surprise': torch.ones(1)}, backbone)
