"""The command line. `app` holds the table of commands; each is a module of its own, imported when called."""
