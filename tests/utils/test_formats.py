"""Numbers, tables and hints as they are written everywhere."""

from vtzoo.utils.formats import clock, counted, markdown_table, millions, operations
from vtzoo.utils.suggest import did_you_mean


def test_numbers():
    assert (millions(35_600_000), operations(18_650_000_000), operations(40_100_000)) == ('35.6 M', '18.65 G', '40.1 M')
    assert (counted(1, 'block'), counted(0, 'block'), counted(2, 'block')) == ('1 block', '0 blocks', '2 blocks')
    assert [clock(seconds) for seconds in (7.9, 725, 3723)] == ['0:07', '12:05', '1:02:03']


def test_a_table_sets_columns_right():
    assert markdown_table(['a', 'b'], [['1', '2']], ('b',)) == '| a | b |\n| --- | ---: |\n| 1 | 2 |'


def test_the_nearest_names_are_suggested():
    assert did_you_mean('MAMM', ['MAM', 'CrossAttention']) == "did you mean 'MAM'?"
    assert did_you_mean('lasto', ['lasot', 'lasot_ext', 'otb'], most=2) == "did you mean 'lasot' or 'lasot_ext'?"
    assert did_you_mean('xyz', ['MAM']) == did_you_mean(None, []) == ''
