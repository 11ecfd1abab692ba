"""Train a config: the same as `vtzoo train`."""
from vtzoo.cli import run_tool

if __name__ == '__main__':
    run_tool('train')
