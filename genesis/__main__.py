"""``python -m genesis``: the command line."""

from genesis.cli.main import main

if __name__ == "__main__":
    main()
