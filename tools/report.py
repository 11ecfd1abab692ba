"""Tables and pictures of results: the same as `vtzoo report`."""
from vtzoo.cli import run_tool

if __name__ == '__main__':
    run_tool('report')
