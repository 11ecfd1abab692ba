"""The parts of a card that are written by tools: tables, commands and BibTeX, between marks in its Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vtzoo.config import travelling_folder
from vtzoo.utils.formats import markdown_table, millions, operations
from vtzoo.zoo.cards import Card
from vtzoo.zoo.names import PARTS, summary_of
from vtzoo.zoo.schema import SHARES

MARKED = re.compile(r'(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)', re.S)


def template() -> str:
    """The Markdown of a card in which nothing is said yet."""
    return (travelling_folder('model_cards') / 'TEMPLATE.md').read_text('utf-8')


def fill(body: str, card: Card) -> str:
    """The body with everything between marks written anew.

    Raises:
        ValueError: a mark of the template is missing or given twice; names it.
    """
    written = dict(facts=facts_text(card), results=results_text(card), commands=commands_text(card),
                   use=_marked(template())['use'], cite=cite_text(card))
    found = [match[2] for match in MARKED.finditer(body)]
    for name in written:
        if found.count(name) != 1:
            raise ValueError(f'{card.path} needs the marks <!-- begin {name} --> and <!-- end {name} --> once, '
                             'as model_cards/TEMPLATE.md has them.')
    return MARKED.sub(lambda match: f'{match[1]}{written[match[2]].rstrip()}\n{match[3]}', body)


def _marked(body: str) -> dict[str, str]:
    """Mark -> the text between."""
    return {match[2]: match[0].removeprefix(match[1]).removesuffix(match[3]) for match in MARKED.finditer(body)}


def figure(metric: Mapping[str, Any]) -> str:
    """A score: a share with three decimals, a percentage with one or two."""
    return f'{metric["value"]:.3f}' if metric['type'] in SHARES else f'{metric["value"]:.2f}'.removesuffix('0')


def short(facts: Mapping[str, Any]) -> str:
    """A config's name inside its folder, as code."""
    return f'`{facts["config"].rsplit("/", 1)[-1]}`'


def facts_text(card: Card) -> str:
    """Parts, parameters, cost, inputs, training."""
    return _one_config(card) if len(card.configs) == 1 else _several_configs(card)


def _one_config(card: Card) -> str:
    facts, = card.configs
    parts, size, macs = facts['parts'], facts['input'], facts['macs']
    rows = [[name, parts[name]['type'], millions(parts[name]['parameters'])] for name in PARTS if name in parts]
    rows += [['losses', ', '.join(parts['losses']), ''], ['in all', '', millions(facts['parameters'])]]
    many = 'one template' if size['templates'] == 1 else f'{size["templates"]} templates'
    published = '' if 'published_cost' not in facts else \
        ' Published: {} parameters, {} MACs.'.format(*_published_cost(facts))
    return '\n\n'.join([
        markdown_table(['part', 'type', 'parameters'], rows, ('parameters',)),
        f'Crops: {size["template"]} pixels a side for templates, {size["search"]} for the search region. MACs: '
        f'{operations(macs["templates"])} to memorize {many}, once; {operations(macs["frame"])} a frame.{published} '
        + _cost_note(card),
        f'Training: {_training(facts)} Tracking: {facts["tracking"]["ranking"]} ranks the boxes, '
        f'{facts["tracking"]["templates"]} renews the templates.'])


def _several_configs(card: Card) -> str:
    columns = ['config', *PARTS[:3], 'parameters', 'MACs templates', 'MACs frame', 'published parameters',
               'published MACs']
    rows = [[short(f), *(f['parts'][name]['type'] for name in PARTS[:3]), millions(f['parameters']),
             *map(operations, f['macs'].values()), *_published_cost(f)] for f in card.configs]
    trained: dict[str, list[str]] = {}
    for facts in card.configs:
        trained.setdefault(_training(facts), []).append(short(facts))
    return '\n\n'.join([
        '\n'.join(f'- {short(f)}: {summary_of(f["config"])}' for f in card.configs),
        markdown_table(columns, rows, tuple(columns[4:])), _cost_note(card),
        *(f'Training of {"all" if len(trained) == 1 else ", ".join(names)}: {how}' for how, names in trained.items())])


def _cost_note(card: Card) -> str:
    sources = dict.fromkeys((f['published_cost']['source']['name'], f['published_cost']['source']['url'])
                            for f in card.configs if 'published_cost' in f)
    links = ''.join(f' Published cost: [{name}]({url}).' for name, url in sources)
    return f'Counted from the config by `vtzoo card update`, MACs as half of what torch counts as FLOPs.{links}'


def _published_cost(facts: Mapping[str, Any]) -> tuple[str, str]:
    cost = facts.get('published_cost', dict(parameters=None, macs=None))
    return tuple(write(cost[name]) if cost[name] else '-'
                 for name, write in (('parameters', millions), ('macs', operations)))


def _training(facts: Mapping[str, Any]) -> str:
    t = facts['training']
    start = f'from stage 1 in `{t["stage1"]}`' if 'stage1' in t else \
        f'backbone from `{t["pretrained"]}`' if t['pretrained'] else 'from random weights'
    epochs = f'{t["epochs"]} epoch{"" if t["epochs"] == 1 else "s"}'
    return (f'{", ".join(t["sets"])}; {epochs} of {t["samples"]:,} samples, {t["batch"]} a process and step, '
            f'learning rate {t["lr"]:g}, {start}.')


def results_text(card: Card) -> str:
    """Two columns, published and measured here, and below them where every figure is from."""
    sources: dict[str, int] = {}
    rows = []
    for facts in card.configs:
        cells: dict[str, dict[str, tuple[list[str], list[str]]]] = {}
        for result in card.results(facts['config']):
            benchmark = cells.setdefault(result['dataset']['name'], {})
            for metric in result['metrics']:
                mark = sources.setdefault(_source(result, metric), len(sources) + 1)
                published, measured = benchmark.setdefault(metric['type'], ([], []))
                band = f' ± {metric["band"]:g}' if 'band' in metric else ''
                (published if 'source' in result else measured).append(f'{figure(metric)}{band} [{mark}]')
        rows += [[short(facts), name, metric, *map(', '.join, columns)] for name, benchmark in cells.items()
                 for metric, columns in benchmark.items()] or [[short(facts), '', '', '', '']]
    if not sources:
        return 'Nothing is published of this form, and nothing has been measured here yet.'
    columns = ['config', 'benchmark', 'metric', 'published', 'measured here']
    if len(card.configs) == 1:
        columns, rows = columns[1:], [row[1:] for row in rows]
    listed = '\n'.join(f'{mark}. {source}' for source, mark in sources.items())
    return f'{markdown_table(columns, rows, ("published", "measured here"))}\n\n{listed}'


def _source(result: Mapping[str, Any], metric: Mapping[str, Any]) -> str:
    if 'source' in result:
        return f'[{result["source"]["name"]}]({result["source"]["url"]})'
    how = metric['args']
    return (f'Measured {how["date"]} at revision `{how["revision"]}`, rules of {how["protocol"]}, checkpoint SHA-256 '
            f'`{how["checkpoint_sha256"]}`: `{how["command"]}`')


def commands_text(card: Card) -> str:
    """How to train, evaluate and look inside; for a card of several configs, by the example of the first."""
    from vtzoo.checkpoints.convert import CANDIDATES

    facts = card.configs[0]
    name, results = facts['config'], card.results(facts['config'])
    small = name.startswith('nano/')  # for the embedded set, which needs no data
    benchmark = results[0]['dataset']['type'] if results else 'synthetic' if small else 'got10k_val'
    data = '' if small else ' --data ROOT'
    lines = []
    if stage1 := facts['training'].get('stage1'):
        lines.append(f'vtzoo train {stage1.removeprefix("work_dirs/")}{data}   # stage 1, if it is not there yet')
    lines.append(f'vtzoo train {name}{data}')
    if any(name in names for names in CANDIDATES.values()):
        lines.append(f"vtzoo convert RELEASED.pth {name}.pth   # the authors' weights instead")
    lines += [f'vtzoo test {name} work_dirs/{name}/best_AO_iter_N.pth --benchmark {benchmark}{data}',
              f'vtzoo explain {name}   # its parts, shapes, and who sees whom', f'vtzoo cite {name}']
    return '\n'.join(['```sh', *lines, '```'])


def cite_text(card: Card) -> str:
    """The BibTeX of the tracker's own paper, and how to get the rest."""
    name = card.configs[0]['config']
    paper = f'```bibtex\n{card.paper.text}\n```\n\n' if card.paper else ''
    return f'{paper}`vtzoo cite {name}` prints {"everything else it uses" if paper else "what it is made of"}.'


def unfinished(body: str) -> list[str]:
    """Lines of the template that still ask for something."""
    asked = re.findall(r'^> Write: .*$', template(), re.M)
    return [line for line in asked if line in body]
