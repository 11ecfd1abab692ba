"""What mkdocs is told beyond mkdocs.yml: pages that lie elsewhere in the repository, the commands' help, and every
published figure of the cards."""

from __future__ import annotations

import argparse
import importlib
import os
import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
ELSEWHERE = {'vtzoo/data/README.md': 'data.md', 'CHANGELOG.md': 'changelog.md', 'CONTRIBUTING.md': 'contributing.md'}
"""File in the repository -> its page on the site. Cards are added to these by :func:`elsewhere`."""
LINK = re.compile(r'(\]\(|src=")(?!\w+:|#)([^)#"\s]+)')
COMMANDS = '<!-- every command -->'
PUBLISHED = '<!-- every published figure -->'


def elsewhere() -> dict[str, str]:
    """Every file outside docs/ that the site shows -> its page or picture there."""
    cards = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / 'model_cards').rglob('*'))
             if path.suffix in ('.md', '.png', '.jpg') and path.name != 'TEMPLATE.md']
    known = {name: page for name, page in ELSEWHERE.items() if (ROOT / name).exists()}
    return known | {name: name.replace('model_cards/', 'cards/', 1) for name in cards}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies outside docs/."""
    for name, page in elsewhere().items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links between files of the repository into links between pages; put in the commands' help."""
    pages = elsewhere()
    homes = {place: name for name, place in pages.items()}
    uri = page.file.src_uri
    here = PurePosixPath(homes.get(uri, f'docs/{uri}')).parent

    def moved(found: re.Match) -> str:
        name = os.path.normpath(here / found[2]).replace(os.sep, '/')
        target = 'index.md' if name == 'docs' else pages.get(name) or _inside(name)
        if target is None:
            return found[0]
        return found[1] + os.path.relpath(target, PurePosixPath(uri).parent).replace(os.sep, '/')

    if COMMANDS in markdown:
        markdown = markdown.replace(COMMANDS, commands_help())
    if PUBLISHED in markdown:
        markdown = markdown.replace(PUBLISHED, published_figures())
    return LINK.sub(moved, markdown)


def _inside(name: str) -> str | None:
    return name.removeprefix('docs/') if name.startswith('docs/') else None


def commands_help() -> str:
    """Every command's docstring and --help."""
    os.environ['COLUMNS'] = '74'  # as wide as a page's code
    from vtzoo.cli import command_names

    parts = []
    for name in command_names():
        module = importlib.import_module(f'vtzoo.commands.{name}')
        parser = argparse.ArgumentParser(f'vtzoo {name}')
        module.add_arguments(parser)
        texts = [parser.format_help()]
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                texts += [sub.format_help() for sub in action.choices.values()]
        said = '\n\n'.join(f'```text\n{text.rstrip()}\n```' for text in texts)
        first, _, usage = module.__doc__.strip().partition('\n\n')
        example = f'```text\n{usage}\n```\n\n' if usage.startswith('vtzoo') else ''
        parts.append(f'## {name}\n\n{first}\n\n{example}{said}\n')
    return '\n'.join(parts)


def published_figures() -> str:
    """A table for each source that cards name, of all figures that were read there."""
    from vtzoo.utils.formats import markdown_table
    from vtzoo.zoo.cards import all_cards

    found: dict[tuple[str, str], list[list[str]]] = {}
    for card in all_cards():
        for facts in card.configs:
            for result in card.results(facts['config']):
                if 'source' in result:
                    source = result['source']['name'], result['source']['url']
                    found.setdefault(source, []).append([
                        f'[`{facts["config"]}`](cards/{card.name}.md)', result['dataset']['name'],
                        ', '.join(f'{metric["type"]} {metric["value"]:g}' for metric in result['metrics'])])
    return '\n\n'.join(f'### {name}\n\n<{url}>\n\n{markdown_table(["config", "benchmark", "figures"], rows)}'
                       for (name, url), rows in found.items())
