"""Sweeps from the command line: killed, resumed, crashed, reported."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tests.data.datasets.layouts import own_videos
from vtzoo.cli import main
from vtzoo.sweep.trial import read_state

TINY = 'tests/configs/run_tiny.py'
VARY = 'model.fusion.topk=[2,4]'


@pytest.fixture
def videos(tmp_path):
    """Three short videos with boxes."""
    return own_videos(tmp_path / 'videos', ['v0', 'v1', 'v2'])


def arguments(videos, out, *more):
    return ['sweep', TINY, VARY, '--seeds', '4', '--budget', '4steps', '--benchmark', f'own:{videos}', '--out',
            str(out), '--jobs', '2', *more]


def without_times(text):
    """A report but for the minutes of its trials."""
    return re.sub(r'\|\s*[\d.]+ \|$', '|', text.split('![')[0], flags=re.MULTILINE)


def in_state(out, state):
    return sum(read_state(path.parent)['state'] == state for path in out.rglob('trial.json'))


def wait_until(reached, process, seconds=500):
    """Until the sweep's folder says so; fails where the sweep ended by itself."""
    for _ in range(seconds * 5):
        if reached():
            return
        assert process.poll() is None
        time.sleep(0.2)
    pytest.fail('the sweep came nowhere')


@pytest.mark.slow
def test_a_sweep_killed_twice_gives_the_table_of_an_undisturbed_one(videos, tmp_path, capsys):
    assert main(arguments(videos, tmp_path / 'once')) == 0
    for done in (1, 4):
        process = subprocess.Popen([sys.executable, '-m', 'vtzoo', *arguments(videos, tmp_path / 'twice')],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda done=done: in_state(tmp_path / 'twice', 'done') >= done
                   and in_state(tmp_path / 'twice', 'running') >= 1, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert in_state(tmp_path / 'twice', 'done') < 8
    assert main(arguments(videos, tmp_path / 'twice')) == 0
    once, twice = ((tmp_path / name / 'report.md').read_text().partition('\n')[2] for name in ('once', 'twice'))
    assert without_times(once) == without_times(twice)
    assert '4 of 4' in once
    assert (tmp_path / 'once' / 'curves.png').stat().st_size > 5000
    assert r'\begin{tabular}' in (tmp_path / 'once' / 'table.tex').read_text()
    capsys.readouterr()
    assert main(['sweep', 'report', str(tmp_path / 'once')]) == 0
    assert capsys.readouterr().out.strip() == (tmp_path / 'once' / 'report.md').read_text().strip()


@pytest.mark.slow
def test_a_run_that_crashes_stands_in_the_table_with_its_reason(videos, tmp_path, capsys):
    command = ['sweep', TINY, 'optim_wrapper.optimizer.lr=[0.001,1e30]', '--budget', '4steps', '--benchmark',
               f'own:{videos}', '--out', str(tmp_path / 'out')]
    assert main(command) == 1
    said = capsys.readouterr().out
    assert re.search(r'lr=1e\+30 .*crashed', said)
    assert 'not finite' in said or 'nan' in said or 'inf' in said
    states = [read_state(path.parent)['state'] for path in sorted((tmp_path / 'out').rglob('trial.json'))]
    assert sorted(states) == ['crashed', 'done']
    assert main(command) == 0  # what crashed is not run again unless asked for
    assert '0 of 2 trials to run' in capsys.readouterr().out


def test_other_machines_get_a_job_array_or_commands(videos, tmp_path, capsys):
    out = tmp_path / 'a sweep'
    assert main(arguments(videos, out, '--write', 'commands')) == 0
    lines = (out / 'commands.txt').read_text().splitlines()
    assert len(lines) == 8
    assert all(line.startswith("vtzoo sweep trial '") for line in lines)
    assert main(arguments(videos, out, '--write', 'slurm')) == 0
    script = (out / 'sweep.sbatch').read_text()
    assert 'srun vtzoo sweep trial "$trial" >>"$trial/log.txt"' in script
    assert '#SBATCH --array=1-8' in script
    assert subprocess.run(['sh', '-n', str(out / 'sweep.sbatch')]).returncode == 0
    assert 'vtzoo sweep report' in capsys.readouterr().out
    assert main(['sweep', 'trial', str(tmp_path)]) == 2
    assert 'is not a trial' in capsys.readouterr().err
    assert os.listdir(out / 'runs')


def test_a_dry_run_says_what_it_would_cost_and_writes_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = os.path.join(os.path.dirname(os.path.dirname(__file__)), 'configs', 'run_tiny.py')
    assert main(['sweep', config, VARY, '--budget', '100steps', '--seeds', '2', '--dry-run']) == 0
    said = capsys.readouterr().out
    assert '4 trials, about' in said
    assert re.search(r'topk=2 +\|.* 100 \|', said)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(('benchmark', 'said'), [
    ('vot2020', 'accuracy, robustness'), ('trackingnet', 'withheld'), ('got10k_test', 'withheld'),
    ('lasott', 'there is no benchmark'), ('own:nowhere', 'needs a data root')])
def test_a_benchmark_that_cannot_be_scored_is_refused_at_once(benchmark, said, tmp_path, capsys):
    assert main(['sweep', TINY, '--benchmark', benchmark, '--out', str(tmp_path / 'out')]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()
