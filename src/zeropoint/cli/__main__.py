"""``python -m zeropoint.cli``: the command without its script."""

from zeropoint.cli import main

main(prog_name="zeropoint")
