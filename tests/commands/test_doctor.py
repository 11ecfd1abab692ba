"""vtzoo doctor says what is there and what to do about what is missing."""

from vtzoo.cli import main
from vtzoo.commands import doctor


def test_it_says_what_is_installed_and_where_files_are(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('VTZOO_DATA', str(tmp_path))
    monkeypatch.setenv('VTZOO_WEIGHTS', str(tmp_path / 'weights'))
    assert main(['doctor']) == 0
    said = capsys.readouterr().out
    assert 'ok torch ' in said
    assert str(tmp_path / 'weights') in said
    assert 'data check' in said
    assert 'All that is needed is there.' in said


def test_a_missing_package_is_named_with_the_way_out(monkeypatch, capsys):
    known = doctor.version_of
    monkeypatch.setattr(doctor, 'version_of', lambda name: None if name == 'timm' else known(name))
    assert main(['doctor']) == 1
    said = capsys.readouterr().out
    assert '!! timm is not installed' in said
    assert '-> pip install timm' in said


def test_packages_that_overwrite_each_other_are_named(monkeypatch, capsys):
    monkeypatch.setattr(doctor, 'version_of', lambda name: '1.0')
    assert main(['doctor']) == 0
    assert 'mmcv and mmcv-lite are installed together' in capsys.readouterr().out


def test_a_data_root_that_is_not_there_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('VTZOO_DATA', str(tmp_path / 'none'))
    main(['doctor'])
    assert 'is not there' in capsys.readouterr().out
