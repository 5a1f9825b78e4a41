"""`python -m flows.cli`: the `shls` command where no script of that name is installed, as in a Ray Job."""

from flows.cli.app import app

if __name__ == "__main__":
    app(prog_name="shls")
