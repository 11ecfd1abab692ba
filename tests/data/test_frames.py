"""Frames are drawn with the released distributions."""

import numpy as np
import pytest

from tests.data.fakes import FakeSet
from vtzoo.data.frames import Causal, Pair, Trident, TridentPro
from vtzoo.data.mixture import Mixture

N = 3000


def draws(sampler, *sets, ratios=None, n=N):
    mixture = Mixture(sets, ratios or [1] * len(sets))
    return [sampler.draw(np.random.default_rng([7, i]), mixture) for i in range(n)]


def test_ratios_of_the_mixture():
    drawn = draws(Causal(gap=50), FakeSet('a'), FakeSet('b'), FakeSet('c'), ratios=[0.65, 0.3, 0.05])
    share = [np.mean([d.search.sequence.name[0] == name for d in drawn]) for name in 'abc']
    assert share == pytest.approx([0.65, 0.3, 0.05], abs=0.03)
    counts = np.unique([d.search.sequence.name for d in drawn if d.search.sequence.name[0] == 'a'], return_counts=True)
    assert counts[1].min() > 0.8 * counts[1].mean(), 'sequences uniform'


def test_causal_order_and_gap():
    drawn = draws(Causal(gap=40, templates=3), FakeSet())
    static, *online = np.array([[pick.frame for pick in d.templates] for d in drawn]).T
    search = np.array([d.search.frame for d in drawn])
    for other in online:
        assert (other < static).all()
        assert (static - other <= 40).all()
    assert ((search > static) & (search - static < 40)).all()
    assert (search - static).min() == 1
    assert (search - static).max() == 39
    assert all(d.positive for d in drawn)


def test_causal_looks_farther_while_nothing_is_visible():
    few = [i for i in range(300) if i % 60]
    assert not any(draws(Causal(gap=10), FakeSet(hidden=few), n=200)), 'too few visible: another sequence is drawn'
    sparse = [i for i in range(300) if i % 45]
    drawn = draws(Causal(gap=10, templates=1), FakeSet(hidden=sparse), n=200)
    assert all(drawn)
    assert min(d.search.frame - d.templates[0].frame for d in drawn) == 45


def test_trident_puts_the_online_template_between():
    for sampler, seen in ((Trident(gap=50), False), (TridentPro(gap=50), True)):
        hidden = range(100, 140)
        drawn = [d for d in draws(sampler, FakeSet(hidden=hidden)) if d]
        hit = False
        for d in drawn:
            static, online = (pick.frame for pick in d.templates)
            low, high = (d.search.frame, d.search.frame + 50) if static >= d.search.frame else (
                d.search.frame - 50, d.search.frame)
            assert low <= online < high
            assert static not in hidden
            assert d.search.frame not in hidden
            hit |= online in hidden
        assert hit is seen, 'only trident_pro takes invisible online templates'


def test_negatives_of_the_second_stage():
    """Half negative; an invisible frame of the sequence with a centred box where there is one, else a foreign one."""
    drawn = [d for d in draws(TridentPro(positive=0.5), FakeSet(hidden=range(50, 60)), FakeSet('whole')) if d]
    assert np.mean([d.positive for d in drawn]) == pytest.approx(0.5, abs=0.03)
    negatives = [d for d in drawn if not d.positive]
    for d in negatives:
        own = d.templates[0].sequence.name.startswith('fake')
        assert d.search.centred is own
        if own:
            assert d.search.sequence.name == d.templates[0].sequence.name
            assert 50 <= d.search.frame < 60
    foreign = [d for d in negatives if not d.search.centred]
    assert {d.search.sequence.name[:4] for d in foreign} == {'fake', 'whol'}
    assert any(d.search.frame in range(50, 60) for d in foreign), 'foreign frames may be invisible'


def test_image_sets_repeat_their_image():
    for sampler in (Causal(templates=2), TridentPro(templates=2)):
        for d in draws(sampler, FakeSet(length=1, video=False), n=20):
            assert {pick.frame for pick in (*d.templates, d.search)} == {0}
    negatives = [d for d in draws(TridentPro(positive=0.0), FakeSet(length=1, video=False), n=50) if d]
    assert not any(d.positive or d.search.centred for d in negatives)


@pytest.mark.parametrize('open_end', [False, True])
def test_pair_gap_as_meant_and_as_released(open_end):
    drawn = [d for d in draws(Pair(gap=30, open_end=open_end, negatives=0.33), FakeSet()) if d]
    assert np.mean([not d.positive for d in drawn]) == pytest.approx(0.33, abs=0.03)
    gaps = np.array([d.search.frame - d.templates[0].frame for d in drawn if d.positive])
    assert gaps.min() == -30
    assert (gaps.max() == 30) is not open_end
    if open_end:
        assert gaps.max() > 200, 'the released upper bound is the end of the sequence'
    names = [(d.templates[0].sequence.name, d.search.sequence.name) for d in drawn if not d.positive]
    assert np.mean([a == b for a, b in names]) == pytest.approx(1 / 5, abs=0.05), 'two independent draws'


def test_pair_draws_invisible_frames_too():
    drawn = draws(Pair(gap=30), FakeSet(hidden=range(100, 200)))
    assert any(100 <= d.search.frame < 200 for d in drawn)


def test_an_empty_set_is_refused():
    with pytest.raises(ValueError, match='a/train holds no sequences'):
        Mixture([FakeSet('a', sequences=0)], [1])
