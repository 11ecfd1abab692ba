"""Write a submission: the same as `vtzoo pack`."""
from vtzoo.cli import run_tool

if __name__ == '__main__':
    run_tool('pack')
