"""The config is the run: mmengine's Config and Runner alone, without a command of this project."""

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import HOOKS, MODELS, DefaultScope
from mmengine.runner import Runner

import vtzoo
from tests.engine.test_run import ROOT, same, shell, torchrun, weights
from vtzoo.config import find_config, override
from vtzoo.engine.train import Options, run_config
from vtzoo.registry import BACKBONES, build

TINY = str(ROOT / 'tests/configs/run_tiny.py')
NAMES = vtzoo.list_models()


@pytest.fixture(autouse=True)
def _without_data(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('VTZOO_DATA', raising=False)


def run(work_dir, max_iters=2, **changes):
    """Train the tiny run by mmengine alone -> its runner."""
    cfg = Config.fromfile(TINY)
    cfg.work_dir = cfg.experiment_name = str(work_dir)
    cfg.train_cfg.max_iters = max_iters
    cfg.merge_from_dict(changes)
    runner = Runner.from_cfg(cfg)
    runner.train()
    return runner


NO_VALIDATION = dict(val_dataloader=None, val_cfg=None, val_evaluator=None)


@pytest.mark.parametrize('name', NAMES)
def test_mmengine_reads_every_config(name):
    cfg = Config.fromfile(find_config(name))
    assert cfg.default_scope == 'vtzoo'
    assert cfg.optim_wrapper.optimizer.type == 'AdamW'
    wanted = {'model', 'train_dataloader', 'val_dataloader', 'test_dataloader', 'val_evaluator', 'test_evaluator',
              'optim_wrapper', 'param_scheduler', 'default_hooks', 'custom_hooks', 'visualizer', 'randomness',
              'env_cfg', 'load_from', 'resume', 'auto_scale_lr', 'log_processor', 'launcher', 'train_cfg', 'work_dir'}
    assert wanted <= set(cfg)


def small(name):
    """A config of the zoo with its sizes cut, its recipe untouched, on drawn data."""
    cfg = Config.fromfile(find_config(name))
    model, size = cfg.model, dict(CvT=dict(arch='tiny'), Swin=dict(arch='tiny'), ResNet=dict(depth=18),
                                  ViT=dict(arch='tiny'))
    if model.backbone.type in size:
        model.backbone = dict(type=model.backbone.type, **size[model.backbone.type])
        model.crop.update(template_size=64, search_size=96)
    else:  # small as it is
        model.backbone.pretrained = None
    model.fusion.update({name: 1 for name in ('blocks',) if name in model.fusion})
    if model.fusion.get('elimination'):
        model.fusion.elimination.blocks = [1]
    if model.head.type in ('CornerHead', 'CenterHead'):
        model.head.channels = 16
    if model.head.type == 'DoubleHead':
        model.head.update(width=16, convs=min(1, model.head.convs))
    data = cfg.train_dataloader
    data.batch_size, data.num_workers = 2, 0
    data.dataset.update(samples=2, embedded=dict(type='Synthetic', length=24, size=(96, 72)))
    cfg.train_cfg.update(max_epochs=1)
    judged = dict(type='Synthetic', split='val', length=3, size=(96, 72))
    cfg.val_dataloader.dataset.update(sequences=1, embedded=judged)
    cfg.optim_wrapper.pop('accumulative_counts', None)  # one step is to move the weights
    return cfg


def a_step(name, work_dir):
    cfg = small(name)
    cfg.work_dir = str(work_dir)
    cfg.default_hooks.checkpoint.interval = 1
    runner = Runner.from_cfg(cfg)
    before = {key: value.clone() for key, value in runner.model.state_dict().items()}
    runner.train()
    saved = torch.load(work_dir / 'iter_1.pth', weights_only=True)
    assert runner.iter == 1
    assert not same(before, saved['state_dict'])
    assert (work_dir / 'run.json').is_file()


@pytest.mark.parametrize('name', ['mixformer_cvt21_spm', pytest.param('sparsett_swin_t', marks=pytest.mark.slow)])
def test_mmengine_takes_a_step(name, tmp_path):
    a_step(name, tmp_path / 'run')


@pytest.mark.slow
@pytest.mark.parametrize('name', [name for name in NAMES if name not in ('mixformer_cvt21_spm', 'sparsett_swin_t')])
def test_mmengine_takes_a_step_with_every_config(name, tmp_path):
    a_step(name, tmp_path / 'run')


@pytest.mark.parametrize(('steps', 'first', 'more'), [
    (4, 2, NO_VALIDATION), pytest.param(12, 8, {}, marks=pytest.mark.slow)])
def test_a_resume_is_exact(tmp_path, steps, first, more):
    """Resumed inside an epoch; and inside the second one, with validation in between."""
    run(tmp_path / 'whole', steps, **more)
    run(tmp_path / 'part', first, **more)
    run(tmp_path / 'part', steps, **more, load_from=str(tmp_path / f'part/iter_{first}.pth'), resume=True)
    assert same(*(weights(tmp_path / name / f'iter_{steps}.pth') for name in ('whole', 'part')))


def test_mmengine_tests_on_whole_videos(tmp_path):
    """test_dataloader, test_evaluator, test_cfg; and a checkpoint by load_from."""
    run(tmp_path / 'run', **NO_VALIDATION)
    cfg = Config.fromfile(TINY)
    cfg.work_dir, cfg.load_from = str(tmp_path / 'test'), str(tmp_path / 'run' / 'iter_2.pth')
    cfg.test_dataloader.dataset.update(sequences=2, set=dict(type='Synthetic', split='val', length=4, size=(96, 72)))
    cfg.test_cfg.benchmark = 'synthetic'
    scores = Runner.from_cfg(cfg).test()
    assert {'AUC', 'P', 'NP', 'SR0.5'} <= set(scores)
    assert all(0 <= score <= 100 for score in scores.values())


def test_another_optimiser_two_backends_an_average_a_profiler(tmp_path):
    """All by config alone."""
    runner = run(
        tmp_path / 'run', **NO_VALIDATION,
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01, momentum=0.9, _delete_=True), clip_grad=None),
        param_scheduler=dict(type='LinearLR', start_factor=0.5, by_epoch=False, _delete_=True),
        visualizer=dict(vis_backends=[dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')]),
        custom_hooks=[dict(type='EMAHook', momentum=0.1),
                      dict(type='mmengine.ProfilerHook', by_epoch=False, profile_times=1,
                           on_trace_ready=dict(type='log_trace'))])
    assert isinstance(runner.optim_wrapper.optimizer, torch.optim.SGD)
    assert [group['momentum'] for group in runner.optim_wrapper.optimizer.param_groups] == [0.9, 0.9]
    saved = torch.load(tmp_path / 'run/iter_2.pth', weights_only=True)
    assert 'ema_state_dict' in saved
    assert list((tmp_path / 'run').rglob('scalars.json'))
    assert list((tmp_path / 'run').rglob('events.out.tfevents.*'))


@pytest.mark.slow
def test_early_stopping(tmp_path):
    runner = run(tmp_path / 'run', 30, custom_hooks=[
        dict(type='EarlyStoppingHook', monitor='AO', rule='greater', patience=1, min_delta=200)])
    assert runner.iter == 12, 'stopped after the second epoch, which is not 200 better than the first'


def test_names_have_scopes():
    for name in ('CvT', 'AsymmetricMAM', 'CornerHead', 'SPM', 'CIoULoss', 'Tracker'):
        assert MODELS.get(f'vtzoo.{name}').__name__ == name, 'ours, from anywhere'
    from mmengine.registry import MODEL_WRAPPERS
    wrapper = Config.fromfile(TINY).model_wrapper_cfg.type
    assert MODEL_WRAPPERS.get(wrapper).__name__ == 'AnyDeviceDDP', 'as Runner.wrap_model looks it up'
    assert HOOKS.build(dict(type='vtzoo.StepSeed')).priority == 'VERY_HIGH'
    assert vtzoo.registry.HOOKS.get('mmengine.EMAHook').__name__ == 'EMAHook'
    with DefaultScope.overwrite_default_scope('vtzoo'):
        assert HOOKS.build(dict(type='EMAHook')).priority == 'NORMAL', "mmengine's, from ours, without a scope"

    from mmengine.registry import Registry
    theirs = Registry('model', parent=MODELS, scope='mypackage')

    @theirs.register_module()
    class TheirBackbone(BACKBONES.get('CvT')):
        pass

    assert type(build(BACKBONES, dict(type='mypackage.TheirBackbone', arch='tiny'))) is TheirBackbone
    with pytest.raises(ValueError, match="no backbone called 'CornerHead'"):
        build(BACKBONES, dict(type='CornerHead'))
    with pytest.raises(ValueError, match=r"no backbone called 'mypackage\.Other'"):
        build(BACKBONES, dict(type='mypackage.Other'))


def test_importing_is_cheap():
    words = [sys.executable, '-c', 'import vtzoo, sys; print("torch" in sys.modules or "mmengine" in sys.modules)']
    assert subprocess.run(words, cwd=ROOT, capture_output=True, text=True).stdout.strip() == 'False'


def test_a_folder_belongs_to_one_run_here_too(tmp_path):
    run(tmp_path / 'run', **NO_VALIDATION)
    before = {path: path.read_bytes() for path in (tmp_path / 'run').glob('*.pth')}
    with pytest.raises(ValueError, match=r'holds a run \(iter_2\.pth\)'):
        run(tmp_path / 'run', **NO_VALIDATION)
    assert before == {path: path.read_bytes() for path in (tmp_path / 'run').glob('*.pth')}
    with pytest.raises(ValueError, match=r'of another model: .* weights differ, such as'):
        run(tmp_path / 'other', **NO_VALIDATION, load_from=str(tmp_path / 'run/iter_2.pth'), resume=True,
            model=dict(fusion=dict(hidden=64)))


def test_runs_that_begin_within_one_second_share_nothing(tmp_path):
    """mmengine keeps loggers and visualizers by a run's name and its second."""
    cfg = Config.fromfile(TINY)
    names = [run_config(cfg, Options(work_dir=str(tmp_path / name))).experiment_name for name in 'ab']
    assert len(set(names)) == 2


def test_what_the_run_needs_is_said(tmp_path):
    cfg = Config.fromfile(TINY)
    cfg.work_dir = str(tmp_path / 'run')
    cfg.train_dataloader.dataset.sets = [dict(type='GOT10k', split='val')]
    cfg.train_dataloader.dataset.root = str(tmp_path)
    with pytest.raises(FileNotFoundError, match='GOT-10k is not under the data root'):
        Runner.from_cfg(copy.deepcopy(cfg)).train()
    cfg.train_dataloader.dataset.sets = [dict(type='Synthetic', split='test')]
    with pytest.raises(ValueError, match='synthetic/test is for judging'):
        Runner.from_cfg(cfg).train()


PLAIN = '''
import sys, torch
from mmengine.config import Config
from mmengine.runner import FlexibleRunner, Runner
torch.distributed.init_process_group('gloo')
cfg = Config.fromfile(sys.argv[1])
cfg.work_dir, cfg.launcher = sys.argv[2], 'pytorch'
cfg.train_cfg.max_iters = 4
(FlexibleRunner if cfg.get('strategy') else Runner).from_cfg(cfg).train()
'''
CORNER = f'''
_base_ = [{TINY!r}, {{strategy}}]
model = dict(head=dict(_delete_=True, type='CornerHead', channels=16))
train_dataloader = dict(dataset=dict(frames=dict(negatives=0)))
default_hooks = dict(weights=dict(from_scratch=True))
'''


def two_processes(folder, *words):
    done = shell(folder, [*torchrun(2)[:-2], *words])
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_two_processes_by_mmengine_alone(tmp_path):
    """torchrun of a script of five lines; sharded parameters give the same gradients as whole ones."""
    (tmp_path / 'plain.py').write_text(PLAIN)
    fsdp = str(ROOT / 'configs/_base_/strategies/fsdp.py')
    (tmp_path / 'ddp.py').write_text(CORNER.format(strategy=''))
    (tmp_path / 'fsdp.py').write_text(CORNER.format(strategy=repr(fsdp)))
    norms = {}
    for name in ('ddp', 'fsdp'):
        said = two_processes(tmp_path, 'plain.py', f'{name}.py', f'run_{name}')
        norms[name] = [float(part.split()[0]) for part in said.split('grad_norm:')[1:]]
        assert 'AO:' in said
    # The log's norms are means of a window, printed to four places.
    assert norms['ddp'] == pytest.approx(norms['fsdp'], rel=0.02)
    saved = {name: weights(tmp_path / f'run_{name}/iter_4.pth') for name in norms}
    assert saved['ddp'].keys() == saved['fsdp'].keys()
    tracker = vtzoo.build_model(override(vtzoo.load_config(tmp_path / 'ddp.py'), {}))
    tracker.load_state_dict(saved['fsdp'])


@pytest.mark.slow
def test_deepspeed(tmp_path):
    pytest.importorskip('deepspeed')
    if not torch.cuda.is_available():
        pytest.skip('DeepSpeed needs a GPU')
    strategy = str(ROOT / 'configs/_base_/strategies/deepspeed.py')
    (tmp_path / 'deep.py').write_text(CORNER.format(strategy=repr(strategy)))
    two_processes(tmp_path, '-m', 'vtzoo', 'train', 'deep.py', '--launcher', 'pytorch', '--max-iters', '2')


def test_scripts_for_several_gpus(tmp_path):
    for name in ('dist_train.sh', 'slurm_train.sh'):
        script = Path(ROOT / 'tools' / name)
        subprocess.run(['bash', '-n', script], check=True)
        done = subprocess.run(['bash', script], capture_output=True, text=True)
        assert done.returncode == 2
        assert 'usage: tools/' in done.stderr
