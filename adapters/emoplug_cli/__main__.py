"""``python -m emoplug_cli`` is the ``emoplug`` command."""

from emoplug_cli import main

main()
