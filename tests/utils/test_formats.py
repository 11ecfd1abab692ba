"""Numbers, tables and hints as they are written everywhere."""

from vtzoo.utils.formats import columns_text, counted, markdown_table, millions, operations
from vtzoo.utils.suggest import did_you_mean


def test_numbers():
    assert (millions(35_600_000), operations(18_650_000_000), operations(40_100_000)) == ('35.6 M', '18.65 G', '40.1 M')
    assert (counted(1, 'block'), counted(0, 'block'), counted(2, 'block')) == ('1 block', '0 blocks', '2 blocks')


def test_a_table_sets_columns_right():
    assert markdown_table(['a', 'b'], [['1', '2']], ('b',)) == '| a | b |\n| --- | ---: |\n| 1 | 2 |'


def test_a_padded_table_has_cells_as_wide_as_their_column():
    lines = markdown_table(['name', 'AO'], [['lite', '65.65'], ['box that stays', '7']], ('AO',), padded=True)
    assert lines.splitlines() == ['| name           |    AO |', '| -------------- | ----: |',
                                  '| lite           | 65.65 |', '| box that stays |     7 |']


def test_rows_are_as_wide_as_the_window(monkeypatch):
    monkeypatch.setenv('COLUMNS', '80')
    rows = [['a' * 30, '1', 'word ' * 20], ['[b]', '10', ':smile:']]
    lines = columns_text(['name', 'number', 'text'], rows, ('number',)).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].startswith('a' * 30 + '       1  word word')
    assert lines[2].startswith(' ' * 40 + 'word')
    assert lines[-1].split() == ['[b]', '10', ':smile:']
    assert len({line.index('word') for line in lines if 'word' in line}) == 1


def test_the_nearest_names_are_suggested():
    assert did_you_mean('MAMM', ['MAM', 'CrossAttention']) == "did you mean 'MAM'?"
    assert did_you_mean('lasto', ['lasot', 'lasot_ext', 'otb'], most=2) == "did you mean 'lasot' or 'lasot_ext'?"
    assert did_you_mean('xyz', ['MAM']) == did_you_mean(None, []) == ''
