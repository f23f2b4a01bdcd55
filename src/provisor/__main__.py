"""`python -m provisor` is the command line."""

from provisor.cli.main import main

main()
