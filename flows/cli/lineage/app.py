"""`shls lineage up`, `down`."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json, StoreFolder

lineage_app = typer.Typer(
    no_args_is_help=True, help="What a thing was made from, and what was made from a photograph or a video."
)

Dot = Annotated[bool, typer.Option("--dot", help="Print the graph for Graphviz (`dot -Tsvg`).")]


@lineage_app.command(
    epilog="Examples: `shls lineage up 3fa9c1` · `shls lineage up photos@v2 --all --full` · "
    "`shls lineage up mask:3fa9c1 --json` · `shls lineage up 3fa9c1 --dot | dot -Tsvg > lineage.svg`"
)
@command
def up(
    reference: Annotated[
        str,
        typer.Argument(
            metavar="REF",
            help="Checkpoint, score, dataset, stage artifact, shard, sample, mask, photograph or video: a "
            "name, an id, at least the first six digits of one, or a file. KIND:REF where REF is ambiguous.",
        ),
    ],
    every: Annotated[
        bool, typer.Option("--all", help="Show every photograph and video, not only the first few.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Show every parameter, version and setting, a line each.")
    ] = False,
    dot: Dot = False,
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Show what REF was made from, by whom, where, from which code: up to the photographs and videos."""
    from flows.cli.lineage.ancestry_tree import show_ancestry
    from flows.cli.lineage.graphviz import dot_text
    from flows.cli.lineage.results import graph_json
    from storage.lineage.ancestry import ancestry
    from storage.store import Store

    _one_form(as_json, dot)
    lineage = ancestry(Store.open(store), reference)
    if as_json:
        print_json(graph_json(lineage))
    elif dot:
        typer.echo(dot_text(lineage))
    else:
        show_ancestry(lineage, every, full)


@lineage_app.command(
    epilog="Examples: `shls lineage down holiday/cat.jpg` · `shls lineage down cat.jpg` · "
    "`shls lineage down holiday.mp4` · `shls lineage down 3fa9c1 --json`"
)
@command
def down(
    reference: Annotated[
        str,
        typer.Argument(
            metavar="REF",
            help="A photograph or a video: an image file or a film on disk, an id, at least its first six "
            "digits, or its file name as recorded in a dataset.",
        ),
    ],
    dot: Dot = False,
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Show every sample, shard, dataset, checkpoint and score that descends from a photograph or a video.

    For each checkpoint: whether its training drew it before the step whose weights were kept, how often, and
    from which step on. The exit code is 1 for one that no dataset in the store has seen; with --json or --dot
    it is 0, and the answer is empty.
    """
    from flows.cli.lineage.descent_tree import show_descent
    from flows.cli.lineage.graphviz import dot_text
    from flows.cli.lineage.results import descent_json
    from shls_core.errors import NameUnknown
    from storage.lineage.descent import descent
    from storage.lineage.descent_graph import descent_graph
    from storage.lineage.history import History
    from storage.lineage.subject import find_source
    from storage.store import Store

    _one_form(as_json, dot)
    history = History(Store.open(store))
    found = descent(history.store, find_source(history, reference), history)
    if as_json:
        print_json(descent_json(found))
    elif dot:
        typer.echo(dot_text(descent_graph(history, found)))
    elif not found.rows:
        raise NameUnknown(f"no dataset in this store has seen {found.kind} {found.source} ({reference})")
    else:
        show_descent(found)


def _one_form(as_json: bool, dot: bool) -> None:
    from shls_core.errors import InputError

    if as_json and dot:
        raise InputError("expected one of --json and --dot, got both")
