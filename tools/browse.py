"""Draw the training samples a config sees: the same as `vtzoo browse`."""
from vtzoo.cli import run_tool

if __name__ == '__main__':
    run_tool('browse')
