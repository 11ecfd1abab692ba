"""Submissions: exactly what the servers take, or a list of everything that is wrong and no file."""

import json
import zipfile

import numpy as np
import pytest

from vtzoo.cli import main
from vtzoo.evaluation.results import as_text

GOT10K = [f'GOT-10k_Test_{i:06d}' for i in range(1, 181)]
TRACKINGNET = [f'-v{i:03d}_0' for i in range(511)]
BOXES = np.array([[10.0, 20, 30, 40], [1e-7, 1 / 3, 30.000000000000004, 123456789.125], [-5, 0.5, 2, 3]])
SECONDS = np.array([[0.25], [0.03125], [2e-5]])


def fill(folder, names, layout, benchmark=None):
    for name in names:
        home = folder / name if layout == 'folders' else folder
        home.mkdir(parents=True, exist_ok=True)
        (home / f'{name}{"_001" if layout == "folders" else ""}.txt').write_text(as_text(BOXES))
        (home / f'{name}_time.txt').write_text(as_text(SECONDS))
        (home / f'{name}_score.txt').write_text(as_text(SECONDS))
    if benchmark:
        (folder / 'run.json').write_text(json.dumps(dict(benchmark=benchmark, frames=dict.fromkeys(names, 3))))
    return folder


@pytest.fixture(scope='module')
def got10k(tmp_path_factory):
    return fill(tmp_path_factory.mktemp('got10k'), GOT10K, 'folders', 'got10k_test')


def test_got10k_takes_a_folder_a_sequence_with_boxes_and_times(got10k, tmp_path, capsys):
    assert main(['pack', 'got10k', str(got10k), str(tmp_path / 'out.zip')]) == 0
    assert '360 files of 180 sequences' in capsys.readouterr().out
    with zipfile.ZipFile(tmp_path / 'out.zip') as archive:
        assert sorted(archive.namelist()) == sorted(f'{n}/{n}_{part}.txt' for n in GOT10K for part in ('001', 'time'))
        text = archive.read(f'{GOT10K[6]}/{GOT10K[6]}_001.txt').decode()
        times = archive.read(f'{GOT10K[6]}/{GOT10K[6]}_time.txt').decode()
    assert text == ('10,20,30,40\n0.0000001,0.3333333333333333,30.000000000000004,123456789.125\n-5,0.5,2,3\n')
    assert times == '0.25\n0.03125\n0.00002\n'
    assert np.array_equal(np.loadtxt(text.splitlines(), delimiter=','), BOXES)


def test_trackingnet_takes_a_flat_zip_of_511_files(tmp_path, capsys):
    folder = fill(tmp_path / 'results', TRACKINGNET, 'flat', 'trackingnet')
    assert main(['pack', 'trackingnet', str(folder), str(tmp_path / 'out.zip')]) == 0
    assert 'lengths checked against run.json' in capsys.readouterr().out
    with zipfile.ZipFile(tmp_path / 'out.zip') as archive:
        assert sorted(archive.namelist()) == sorted(f'{name}.txt' for name in TRACKINGNET)
    (folder / 'run.json').unlink()
    assert main(['pack', 'trackingnet', str(folder), str(tmp_path / 'again.zip')]) == 2
    assert "names of TrackingNet's 511 sequences are not known: add --data ROOT" in capsys.readouterr().err
    assert not (tmp_path / 'again.zip').exists()


def test_everything_wrong_is_listed_and_nothing_written(tmp_path, capsys):
    folder = fill(tmp_path / 'results', GOT10K[1:], 'folders')
    short, bad, untimed, torn = (folder / name / f'{name}_001.txt' for name in GOT10K[2:6])
    short.write_text('1,2,3,4\n')
    bad.write_text('1,2,3,4\nnan,nan,nan,nan\n5,6,inf,8\n')
    untimed.with_name(f'{GOT10K[4]}_time.txt').unlink()
    torn.write_text('1,2,3,4\n1,2\n')
    (folder / 'GOT-10k_Val_000001').mkdir()
    assert main(['pack', 'got10k', str(folder), str(tmp_path / 'out.zip')]) == 2
    said = capsys.readouterr().err.partition('vtzoo pack')[2]
    for problem in (f'{GOT10K[0]}: there are no results', 'its times are of 3 frames and 1 runs, not 1 and 1',
                    f'{GOT10K[3]}: 2 boxes are NaN or infinite', f'{GOT10K[4]}: there is no time file',
                    "line 2 is '1,2': expected 4 numbers", 'GOT-10k_Val_000001: no sequence of the set has this name'):
        assert problem in said
    assert len(said.splitlines()) == 1 + 6
    assert list(tmp_path.iterdir()) == [folder]


def test_lengths_are_those_of_the_run(got10k, tmp_path, capsys):
    folder = fill(tmp_path / 'results', GOT10K, 'folders')
    frames = {name: 3 + (name == GOT10K[9]) for name in GOT10K}
    (folder / 'run.json').write_text(json.dumps(dict(benchmark='got10k_test', frames=frames)))
    assert main(['pack', 'got10k', str(folder), str(tmp_path / 'out.zip')]) == 2
    assert f'{GOT10K[9]}: 3 boxes for 4 frames' in capsys.readouterr().err
    (folder / 'run.json').unlink()
    assert main(['pack', 'got10k', str(folder), str(tmp_path / 'out.zip')]) == 0
    assert 'lengths NOT checked' in capsys.readouterr().out


def test_results_on_another_set_are_refused(got10k, tmp_path, capsys):
    assert main(['pack', 'trackingnet', str(got10k), str(tmp_path / 'out.zip')]) == 2
    assert "holds results on got10k_test, TrackingNet's server wants those on trackingnet" in capsys.readouterr().err
    assert main(['pack', 'got10k', str(got10k), str(tmp_path / 'out.tar')]) == 2
    assert 'the servers take a .zip' in capsys.readouterr().err
    assert main(['pack', 'got10k', str(tmp_path / 'nowhere'), str(tmp_path / 'out.zip')]) == 2
    assert 'there is no folder of results' in capsys.readouterr().err
