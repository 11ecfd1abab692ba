"""What a check found: a report, and the list of what training skips."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Any

from vtzoo.data.check import ABSENT, ANNOTATION, FRACTIONS, INVISIBLE, RESIZED
from vtzoo.data.leakage import is_held_out
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.formats import counted
from vtzoo.utils.names import show

SHARED = 'shared by train and test'
WHOLE = (ABSENT, ANNOTATION, RESIZED, INVISIBLE, FRACTIONS, SHARED)
"""Kinds of fault for which a whole sequence is skipped; for others, the frames."""

FORMAT = 'vtzoo skip list 1'
SkipList = dict[str, dict[str, list[int] | None]]
"""Name of a set -> name of a sequence -> the frames to skip, None: all."""


def make_report(results: list[dict[str, Any]], own: Collection[str] = ()) -> dict[str, Any]:
    """The results of :func:`~vtzoo.data.check.check` -> for each 'set/split' counts, notes and faults by sequence.

    A split without any of its sequences counts as ``missing``, not as faulty: many people have only some
    splits of a set. It is clean when nothing else is wrong, and something is there.

    Args:
        results: see there.
        own: names of sets whose sequences are named by their owner: equal names say nothing there.
    """
    splits: dict[str, dict[str, Any]] = {}
    for result in results:
        split = splits.setdefault(result['set'], dict(sequences=0, frames=0, missing=True, notes=Counter(), faults={}))
        for sequence in result['sequences']:
            split['sequences'] += 1
            split['frames'] += sequence['frames']
            split['missing'] &= [fault['kind'] for fault in sequence['faults']] == [ABSENT]
            split['notes'].update(sequence['notes'])
            if sequence['faults']:
                split['faults'][sequence['name']] = sequence['faults']
    for split in splits.values():
        if split['missing']:
            split['faults'] = dict(list(split['faults'].items())[:1])
    for (key, name), message in _shared(results, own).items():
        splits[key]['faults'].setdefault(name, []).append(dict(kind=SHARED, frames=[], message=message))
    there = [split for split in splits.values() if not split['missing']]
    return dict(clean=bool(there) and not any(split['faults'] for split in there), splits=splits)


def _shared(results: list[dict[str, Any]], own: Collection[str]) -> dict[tuple[str, str], str]:
    """Training sequences whose name, within a set, or first frame is also in a split for judging."""
    named, seen = defaultdict(list), defaultdict(list)
    for result in results:
        data = result['set'].partition('/')[0]
        for sequence in result['sequences']:
            place = (result['set'], sequence['name'])
            if data not in own:
                named[data, sequence['name']].append(place)
            if sequence['digest']:
                seen[sequence['digest']].append(place)
    found = {}
    for what, groups in (('name', named), ('first frame', seen)):
        for places in groups.values():
            judging = [place for place in places if is_held_out(*place[0].split('/'))]
            for place in places if judging else ():
                if place not in judging:
                    found[place] = f'its {what} is also that of {judging[0][1]} in {judging[0][0]}.'
    return found


def make_skip_list(report: dict[str, Any]) -> SkipList:
    """What training on the checked sets should leave out."""
    sets: SkipList = defaultdict(dict)
    for key, split in report['splits'].items():
        for name, faults in split['faults'].items() if not split['missing'] else ():
            whole = any(fault['kind'] in WHOLE for fault in faults)
            frames = sorted({frame for fault in faults for frame in fault['frames']})
            sets[key.partition('/')[0]][name] = None if whole else frames
    return dict(sets)


def save_skip_list(path: str | Path, skip: SkipList) -> None:
    """Write a skip list for :func:`load_skip_list`."""
    write_atomically(path, json.dumps(dict(format=FORMAT, sets=skip), indent=1) + '\n')


def load_skip_list(path: str | Path) -> SkipList:
    """Name of a set -> what :class:`~vtzoo.data.index.Indexed` takes as ``skip``.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a skip list.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text())
        fits = content['format'] == FORMAT and all(
            frames is None or all(isinstance(frame, int) for frame in frames)
            for sequences in content['sets'].values() for frames in sequences.values())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f'{path} is not a skip list of `vtzoo data check` ({type(error).__name__}).') from error
    if not fits:
        raise ValueError(f'{path} is not a skip list of `vtzoo data check`, or is of another version.')
    return content['sets']


def summary(report: dict[str, Any]) -> str:
    """The report for a screen: a line a split, then a line a kind of fault with an example."""
    lines = [f'{"set/split":<24}{"sequences":>10}{"frames":>12}{"faulty":>8}   notes']
    examples: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key, split in report['splits'].items():
        if split['missing']:
            lines.append(f'{key:<24}{"none of its sequences is there":>30}')
            continue
        notes = ', '.join(f'{name}: {count}' for name, count in split['notes'].items())
        counts = f'{key:<24}{split["sequences"]:>10}{split["frames"]:>12}{len(split["faults"]):>8}'
        lines.append(f'{counts}   {notes}'.rstrip())
        for faults in split['faults'].values():
            for fault in faults:
                examples[fault['kind'], key].append(fault['message'])
    for (kind, key), messages in sorted(examples.items()):
        lines.append(f'{kind}: {counted(len(messages), "sequence")} of {key}, such as: '
                     f'{show(messages[0])}')
    return '\n'.join([*lines, 'No faults.'] if report['clean'] else lines)
