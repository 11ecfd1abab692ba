"""Every config cites all that it is made of."""

import re

import pytest

import vtzoo
from vtzoo.cli import main
from vtzoo.models.fusions.cross_attention import STYLES
from vtzoo.registry import COMPONENTS, DATASETS, find, names
from vtzoo.zoo.bibtex import bibliography, parse_bibtex
from vtzoo.zoo.papers import papers_of

QUICK = ('ablations/table4_cam1', 'ablations/sparsett_k8')  # the others differ in numbers, not in papers


@pytest.mark.parametrize('config', [
    name if name in QUICK or not name.startswith('ablations/') else pytest.param(name, marks=pytest.mark.slow)
    for name in vtzoo.list_models()])
def test_cite_prints_bibtex(config, capsys):
    assert main(['cite', config]) == 0
    entries = parse_bibtex(capsys.readouterr().out)  # refuses a key given twice
    cfg = vtzoo.load_config(config)
    for kind in ('backbone', 'fusion', 'head'):
        assert set(find(COMPONENTS[kind], cfg.model[kind].type).references) & set(entries)
    assert {find(DATASETS, one['type']).paper for one in cfg.train_dataloader.dataset.sets} - {None} <= set(entries)
    assert 'vtzoo' in entries
    for entry in entries.values():
        assert entry.title
        assert entry.authors
        assert entry.year > 1950


def test_a_hybrid_cites_its_parts(capsys):
    main(['cite', 'hybrids/mam_swin_query'])
    out = capsys.readouterr().out
    assert {'cui2022mixformer', 'liu2021swin', 'vtzoo'} <= set(parse_bibtex(out))
    assert 'fu2022sparsett' not in out


@pytest.mark.parametrize(('style', 'key'), STYLES.items())
def test_a_style_of_cross_attention_cites_its_own_paper(style, key):
    cfg = vtzoo.load_config('hybrids/stark_like', {'model.fusion.style': style})
    purposes = papers_of(cfg)
    assert [other for other in STYLES.values() if 'fusion CrossAttention' in purposes.get(other, [])] == [key]


def test_changes_from_the_shell_are_cited(capsys):
    main(['cite', 'sparsett_swin_t', '--cfg-options', 'model.fusion.type=CrossAttention', 'model.fusion.style=transt'])
    entries = parse_bibtex(capsys.readouterr().out)
    assert 'chen2021transt' in entries


def test_the_trackers_own_paper_comes_first(capsys):
    main(['cite', 'sparsett_swin_t'])
    assert next(iter(parse_bibtex(capsys.readouterr().out))) == 'fu2022sparsett'


@pytest.mark.parametrize('kind', sorted(COMPONENTS))
def test_every_part_has_a_reference_that_resolves(kind):
    for name in names(COMPONENTS[kind]):
        references = find(COMPONENTS[kind], name).references
        assert references, f'{name} declares no reference'
        assert set(references) <= set(bibliography()), f'{name}: {references}'


def test_every_data_set_resolves():
    papers = {find(DATASETS, name).paper for name in names(DATASETS)} - {None}
    assert len(papers) >= 11
    assert papers <= set(bibliography())


@pytest.mark.parametrize(('text', 'said'), [
    ('@article{a, title = {x}', 'a comma is missing|is expected'), ('@article{a, title = {x}}\n@book{a, title={y}}',
                                                                   'line 2: there are two entries a'),
    ('@article{a, title = {{x}}', 'is expected|a comma is missing'), ('@article{a, title = x}', 'in braces'),
    ('@article{a, title = {x, year = 2000}', 'not balanced|is missing|is expected'),
    ('@article{a, title = {x} year = 2000}', 'a comma is missing after title'),
    ('@article{a, title = {x}, title = {y}}', 'is given twice'), ('@article{}', 'an entry begins with')])
def test_the_reader_of_bibtex_is_strict(text, said):
    with pytest.raises(ValueError, match=said):
        parse_bibtex(text)


def test_bibtex_reads_names_as_people_write_them():
    entry = parse_bibtex('@article{a, title = {{CvT}: A}, author = {M{\\"u}ller, Hans and Anna Lee}, '
                         'journal = {Journal (J)}, year = 2020}')['a']
    assert entry.authors == ['Hans Müller', 'Anna Lee']
    assert entry.title == 'CvT: A'
    assert re.fullmatch('Müller et al., J 2020', entry.short)
