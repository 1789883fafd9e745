"""`python -m engine.cli`: the command line without its console script."""

from engine.cli import main

if __name__ == "__main__":
    main()
