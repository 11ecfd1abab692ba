"""What a sweep will run: combinations, names, budgets, and what cannot be built."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vtzoo.sweep.plan import (
    Budget,
    Plan,
    Variant,
    check_recipes,
    check_weights,
    make_plan,
    read_plan,
    scaled_to,
    trial_folder,
)
from vtzoo.sweep.statistics import difference, estimate
from vtzoo.sweep.trial import prepare, run_trial
from vtzoo.sweep.written import parse_budget, parse_vary, split_values

TINY = 'tests/configs/sparsett_tiny.py'


def test_every_combination_is_a_variant_and_what_cannot_be_built_is_left_out_with_its_reason():
    plan = make_plan(TINY, {'model.fusion.topk': [4, 0], 'model.head.type': ['DoubleHead', 'QueryHead']}, [0, 1])
    assert [variant.name for variant in plan.variants] == ['topk=4 head=DoubleHead', 'topk=4 head=QueryHead']
    assert len(plan.trials()) == 4
    assert [seed for _, seed in plan.trials()] == [0, 0, 1, 1]
    assert set(plan.left_out) == {'topk=0 head=DoubleHead', 'topk=0 head=QueryHead'}
    assert all('at least one key' in why for why in plan.left_out.values())


def test_an_option_may_name_what_a_config_may_have_and_this_one_has_not(tmp_path):
    path = tmp_path / 'sweep.json'
    path.write_text(json.dumps(dict(configs=[TINY], options={
        'stage1': 'first.pth', 'model.confidence': dict(type='SPM')})))
    (variant,) = make_plan(str(path), {}, [0]).variants
    assert variant.load().stage1 == 'first.pth'
    assert variant.load().model.confidence.type == 'SPM'


def test_a_pattern_takes_configs_of_the_zoo():
    plan = make_plan('ablations/sparsett_k*', {}, [0])
    assert 'ablations/sparsett_k32' in [variant.name for variant in plan.variants]


def test_a_file_describes_a_sweep_and_the_command_line_changes_it(tmp_path):
    path = tmp_path / 'sweep.json'
    path.write_text(json.dumps(dict(configs=[TINY], vary={'model.fusion.topk': [4, 8]}, seeds=[3, 5],
                                    budget=dict(steps=20), baseline='topk=8')))
    plan = make_plan(str(path), {}, [0], benchmark='otb50')
    assert (plan.seeds, plan.budget, plan.baseline, plan.benchmark) == ([3, 5], Budget(20), 'topk=8', 'otb50')
    path.write_text(json.dumps(dict(configs=[TINY], sed=[1])))
    with pytest.raises(ValueError, match="did you mean 'seeds'"):
        make_plan(str(path), {}, [0])


@pytest.mark.parametrize(('arguments', 'said'), [
    (dict(what='no_such_*', vary={}, seeds=[0]), 'no config of the zoo matches'),
    (dict(what='sparset_swin_t', vary={}, seeds=[0]), 'did you mean'),
    (dict(what=TINY, vary={'model.fusion.topk': [0]}, seeds=[0]), 'has no run: .*at least one key'),
    (dict(what=TINY, vary={}, seeds=[0, 0]), 'different'),
    (dict(what=TINY, vary={}, seeds=[0], baseline='x'), 'is not a row'),
    (dict(what=TINY, vary={'modle.fusion.topk': [4]}, seeds=[0]), "no 'modle'; did you mean 'model'"),
    (dict(what=TINY, vary={'model.fussion.topk': [4]}, seeds=[0]), "no 'fussion'; did you mean 'fusion'"),
    (dict(what=TINY, vary={'model.fusion.topkk': [4]}, seeds=[0]), "takes no 'topkk'"),
    (dict(what='tests/configs/run_tiny.py', vary={'optim_wrapper.optimizer.lrr': [4]}, seeds=[0]), 'lrr'),
])
def test_a_plan_without_sense_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        make_plan(**arguments)


@pytest.mark.parametrize(('text', 'said'), [
    ('{"configs": ["nano/sparsett_nano"', 'cannot be read'), ('{"configs": "a"}', 'names no config'),
    ('{"configs": ["nano/sparsett_nano"], "seeds": 3}', 'seeds is a list'),
    ('{"configs": ["nano/sparsett_nano"], "seeds": ["a"]}', 'whole numbers'),
    ('{"configs": ["nano/sparsett_nano"], "vary": {"model.fusion.topk": 4}}', 'vary is a mapping'),
    ('{"configs": ["nano/sparsett_nano"], "budget": {"step": 3}}', "no 'step'; did you mean 'steps'"),
    ('{"configs": ["nano/sparsett_nano"], "budget": {"steps": "3"}}', 'a number above 0'),
    ('{"configs": ["nano/sparsett_nano"], "budget": 3}', 'budget is dict'),
    ('{"configs": ["nano/sparsett_nano"], "options": [1]}', 'options is a mapping')])
def test_a_file_without_sense_is_refused(text, said, tmp_path):
    (tmp_path / 'sweep.json').write_text(text)
    with pytest.raises(ValueError, match=said):
        make_plan(str(tmp_path / 'sweep.json'), {}, [0])


def test_rows_have_names_and_options_of_their_own(tmp_path):
    path = tmp_path / 'sweep.py'
    path.write_text(f"configs = [{TINY!r}]\nrows = {{'sparse': {{'model.fusion.topk': 4}}, 'dense': "
                    "{'model.fusion.topk': None}}\nbaseline = 'dense'\n")
    plan = make_plan(str(path), {}, [0])
    assert [(one.name, one.load().model.fusion.topk) for one in plan.variants] == [('sparse', 4), ('dense', None)]
    plan = make_plan(str(path), {'model.fusion.heads': [2, 4]}, [0], baseline='dense heads=2')
    assert [one.name for one in plan.variants] == ['sparse heads=2', 'sparse heads=4', 'dense heads=2', 'dense heads=4']


@pytest.mark.parametrize('path', sorted(Path('docs/sweeps').glob('*.py')), ids=lambda path: path.stem)
def test_sweeps_of_the_docs_can_be_built(path):
    plan = make_plan(str(path), {}, [0])
    assert not plan.left_out
    assert len({variant.load().pretty_text for variant in plan.variants}) == len(plan.variants)
    check_recipes(plan)


def test_variants_start_from_the_weights_that_their_config_names(tmp_path):
    plan = make_plan('tests/configs/run_tiny.py', {'model.backbone.pretrained': [str(tmp_path / 'none.pth')]}, [0],
                     data=str(tmp_path))
    with pytest.raises(ValueError, match=r'none\.pth cannot be had'):
        check_weights(plan)
    check_weights(replace(plan, from_scratch=True))
    check_weights(replace(plan, data=None))  # on the embedded set they may be random
    variant, folder = plan.variants[0], tmp_path / 'trial'
    prepare(folder, replace(plan, from_scratch=True), variant, 0, 2)
    assert words_of_training(folder)[-3:] == ['--from-scratch', '--data', str(tmp_path)]
    prepare(tmp_path / 'other', plan, variant, 0, 2)
    assert '--from-scratch' not in words_of_training(tmp_path / 'other')


def words_of_training(folder):
    """What a trial asks the command for first."""
    said = []
    run_trial(folder, lambda words: said.append(words) or 1)
    return said[0]


def test_a_folder_belongs_to_one_sweep(tmp_path):
    plan = Plan([Variant('a', TINY), Variant('b', TINY, {'model.fusion.topk': 4})], [0], budget=Budget(5))
    plan.save(tmp_path)
    plan.save(tmp_path)
    assert read_plan(tmp_path) == plan
    with pytest.raises(ValueError, match='holds another sweep'):
        Plan([Variant('a', TINY)], [0]).save(tmp_path)
    with pytest.raises(ValueError, match='is not the folder of a sweep'):
        read_plan(tmp_path / 'empty')
    (tmp_path / 'sweep.json').write_text('{"variants": 3}')
    with pytest.raises(ValueError, match='cannot be read'):
        read_plan(tmp_path)


def test_values_that_look_alike_have_rows_and_folders_of_their_own(tmp_path):
    heads = [dict(type='DoubleHead', width=16), dict(type='DoubleHead', width=32)]
    plan = make_plan(TINY, {'model.head': heads}, [0])
    assert [variant.name for variant in plan.variants] == ['head=DoubleHead', 'head=DoubleHead 2']
    assert len({trial_folder(tmp_path, variant, 0) for variant in plan.variants}) == 2
    assert os.path.isabs(plan.variants[0].config)  # it is found from every folder


def test_names_of_variants_stay_inside_the_sweep(tmp_path):
    place = trial_folder(tmp_path, Variant('../../x=/etc', TINY), 0)
    assert tmp_path / 'runs' == place.parent.parent


@pytest.mark.parametrize(('text', 'key', 'values'), [
    ('model.head.type=[CornerHead,QueryHead]', 'model.head.type', ['CornerHead', 'QueryHead']),
    ('a=[1, 2.5, None]', 'a', [1, 2.5, None]),
    ("a=[dict, 'x,y', [1,2], {'k': 1}]", 'a', ['dict', 'x,y', [1, 2], {'k': 1}]),
])
def test_what_varies_is_a_list_of_values(text, key, values):
    assert parse_vary(text) == (key, values)


@pytest.mark.parametrize('text', ['a', 'a=1', '=[1]', 'a=[]', 'a=[1'])
def test_what_varies_is_refused_in_other_forms(text):
    with pytest.raises(ValueError, match=r'write|written'):
        parse_vary(text)


def test_values_are_split_outside_brackets_and_quotes():
    assert split_values("(1,2),'a,b',c") == ['(1,2)', "'a,b'", 'c']


@pytest.mark.parametrize(('text', 'budget'), [('500steps', Budget(500)), ('1 step', Budget(1)),
                                              ('2.5min', Budget(minutes=2.5)), ('3minutes', Budget(minutes=3))])
def test_budgets(text, budget):
    assert parse_budget(text) == budget


@pytest.mark.parametrize('text', ['', '5', '5 hours', '-5steps', '0steps'])
def test_budgets_are_refused(text):
    with pytest.raises(ValueError, match='budget'):
        parse_budget(text)


def test_a_budget_scales_the_whole_schedule():
    cfg = Variant('n', 'nano/sparsett_nano').load()
    samples = scaled_to(cfg, 1000)['train_dataloader.dataset.samples']
    assert samples * cfg.train_cfg.max_epochs // cfg.train_dataloader.batch_size == 1000


def test_intervals_hold_what_was_planted():
    rng = np.random.default_rng(1)
    easy = rng.normal(50, 15, 40)
    base = np.stack([easy + rng.normal(0, 2, 40) for _ in range(3)])
    better = base + 4 + rng.normal(0, 2, (3, 40))
    one, two = estimate(base), difference(better, base)
    assert one.low < 50 < one.high
    assert 3 < two.low < 4 < two.high < 5  # pairs: far narrower than either mean's interval
    assert one.high - one.low > 3 * (two.high - two.low)
    assert np.isnan(estimate(base[:1]).spread)


@pytest.mark.parametrize('other', ['a', 'A'])
def test_rows_of_one_name_are_refused(other):
    """Their folders would be one on disks that ignore case."""
    with pytest.raises(ValueError, match='names that differ only in capitals: rename one'):
        Plan([Variant('a', TINY), Variant(other, TINY, {'model.fusion.topk': 4})], [0])
