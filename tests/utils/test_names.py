"""Names from outside lead nowhere, stay different, and do nothing where they are shown."""

import random
import urllib.parse

import pytest

from vtzoo.utils.names import LONGEST, file_name, is_file_name, is_inside, natural_key, show


def test_natural_order():
    names = ['1.jpg', '2.jpg', '10.jpg', 'a', 'a1b2', 'a1b10', 'a2', 'a010', 'img_0009.png', 'img_10.png']
    shuffled = random.Random(0).sample(names, len(names))
    assert sorted(shuffled, key=natural_key) == names
    assert sorted(['01', '1', '001'], key=natural_key) == sorted(['1', '001', '01'], key=natural_key)
    assert sorted(['9' * 5000, '1' + '0' * 5000], key=natural_key)[0] == '9' * 5000


@pytest.mark.parametrize('name', ['GOT-10k_Train_000001', 'airplane-1', '-abc_0', '_x', 'Jogging.1', 'a b & c', 'ä',
                                  'Crossbody Backpack-31', 'test_015_Sord_video_Q01_done', '100%', 'a(1)', '犬'])
def test_usual_names_stay(name):
    assert file_name(name) == name
    assert is_file_name(name)


BAD = ['../../victim', '/etc/passwd', 'C:\\x', 'C:x', '\\\\host\\share', '.', '..', 'a/b', 'a\0b', 'a\nb', '\x1b[2Jx',
       'con', 'NUL.txt', 'com1', '.hidden', 'dot.', 'space ', '\u202egpj', '\udcff', 'a*b', '<b>', 'x' * 300, 'ä' * 200,
       '%2F', '%2e%2e', 'a%~b']


@pytest.mark.parametrize('name', BAD)
def test_others_are_written_out(name, tmp_path):
    safe = file_name(name)
    assert safe != name
    assert not is_file_name(name)
    assert len(safe.encode()) <= LONGEST
    assert (tmp_path / safe).resolve().parent == tmp_path.resolve()
    (tmp_path / f'{safe}_score.txt').touch()
    if '%~' not in safe:
        assert urllib.parse.unquote(safe, errors='surrogatepass') == name


def test_different_names_stay_different():
    rng = random.Random(1)
    names = {''.join(rng.choices('a%2FfEe5~./\\:\n ', k=rng.randrange(1, 6))) for _ in range(20000)}
    names |= {'x' * 300, 'x' * 301, *map(file_name, ['x' * 300, *BAD])}
    assert len(set(map(file_name, names))) == len(names)
    with pytest.raises(ValueError, match='empty name'):
        file_name('')


def test_paths_that_stay_inside():
    assert all(map(is_inside, ['a', 'a/b.jpg', 'a\\b.jpg', './a', 'a..b']))
    assert not any(map(is_inside, ['..', 'a/../b', '/a', '\\a', 'C:\\a', 'C:a', '', 'a\0']))


@pytest.mark.parametrize(('text', 'where', 'shown'), [
    ('plain_name-1', 'markdown', 'plain_name-1'), ('\x1b[31m\r\n', 'screen', r'\x1b[31m\r\n'),
    ('\u202ea\u2028', 'screen', r'\u202ea\u2028'), ('a|b', 'markdown', r'a\|b'), ('<i>&', 'markdown', '&lt;i&gt;&amp;'),
    ('_x_', 'markdown', r'\_x\_'), ('[a](http://b)', 'markdown', r'\[a\](http&#58;//b)'), ('=1+1', 'csv', "'=1+1"),
    ('@a', 'csv', "'@a"), ('a=1', 'csv', 'a=1'), ('a\nb', 'csv', r'a\nb')])
def test_shown_text_does_nothing(text, where, shown):
    assert show(text, where) == shown


def test_long_text_is_shortened():
    assert len(show('x' * 10**6)) < 2100
