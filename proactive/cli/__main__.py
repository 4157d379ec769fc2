"""`python -m proactive.cli`, which is how an installation starts its own parts."""

from proactive.cli import main

main()
