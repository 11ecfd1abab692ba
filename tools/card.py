"""Draft, refresh and check model cards: the same as `vtzoo card`."""
from vtzoo.cli import run_tool

if __name__ == '__main__':
    run_tool('card')
