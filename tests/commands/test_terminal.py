"""What a terminal shows of the commands: examples that parse, exit codes, completion."""

import argparse
import shlex
import shutil
import subprocess
import sys

import pytest

from vtzoo.cli import _help_of, command_names, main, parser_of


@pytest.mark.parametrize('name', command_names())
def test_every_command_has_examples_that_parse(name, capsys):
    _, examples = _help_of(name)
    assert examples
    with pytest.raises(SystemExit) as stopped:
        main([name, '--help'])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    parser = parser_of([name])
    for example in examples:
        assert f'\n  {example}\n' in shown
        program, *words = shlex.split(example.partition(' > ')[0])
        assert program == 'vtzoo'
        assert words[0] == name
        assert isinstance(parser.parse_args(words), argparse.Namespace)


def test_help_says_the_exit_codes(capsys):
    with pytest.raises(SystemExit):
        main(['--help'])
    assert 'exit codes: 0 done' in capsys.readouterr().out


COMPLETE = """
source {script}
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 )); _shtab_vtzoo; printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.skipif(shutil.which('bash') is None, reason='needs bash')
@pytest.mark.parametrize(('words', 'offered'), [
    ('vtzoo tr', ['track', 'train']), ('vtzoo train nano/spa', ['nano/sparsett_nano']),
    ('vtzoo train --aut', ['--auto-scale-lr']), ('vtzoo list bac', ['backbones'])])
def test_a_shell_completes(words, offered, tmp_path, capsys):
    pytest.importorskip('shtab')
    assert main(['completion', 'bash']) == 0
    (tmp_path / 'script').write_text(capsys.readouterr().out)
    said = subprocess.run(['bash', '-c', COMPLETE.format(script=tmp_path / 'script', words=words)],
                          capture_output=True, text=True, check=True).stdout.split()
    assert said == offered


def test_completion_without_its_extra_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'shtab', None)
    assert main(['completion', 'bash']) == 1
    assert "pip install 'vtzoo[completion]'" in capsys.readouterr().err


@pytest.mark.parametrize('words', [['list'], ['explain', 'mixformer_cvt21'],
                                   ['compare', 'mixformer_cvt21', 'sparsett_swin_t']], ids=lambda words: words[0])
def test_tables_fit_80_columns_and_grow_with_the_window(words, capsys, monkeypatch):
    lines = {}
    for columns in ('40', '80', '120'):
        monkeypatch.setenv('COLUMNS', columns)
        assert main(words) == 0
        lines[columns] = capsys.readouterr().out.splitlines()
    assert max(map(len, lines['80'])) <= 80
    assert lines['40'] == lines['80']
    assert 80 < max(map(len, lines['120'])) <= 120
    assert len(lines['120']) < len(lines['80'])
