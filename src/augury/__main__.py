"""`python -m augury` is the `augury` command."""

from __future__ import annotations

from augury.cli.app import main

if __name__ == "__main__":
    main()
