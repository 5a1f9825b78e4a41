"""`shls dataset withdraw`, `reinstate`, `withdrawn`, `purge`: what must not be used any more."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json, StoreFolder

commands = typer.Typer()

References = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="Image files and films; or ids, the beginning of ids, or file names of photographs and videos "
        "in the store.",
    ),
]


@commands.command(
    epilog='Examples: `shls dataset withdraw anna.jpg --reason "consent revoked"` · '
    '`shls dataset withdraw 3fa9c1 77b0e2 --reason "shows a number plate" --json`'
)
@command
def withdraw(
    sources: References,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why. The ledger keeps it, and it cannot be edited there.")
    ],
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Put photographs or videos on the deny list: builds leave them out, training on them is refused.

    One that the store has never seen is withdrawn in advance, by its file or its whole id.
    """
    from flows.cli.dataset.withdrawal_tables import show_withdrawn_now, withdrawn_now_json
    from storage.store import Store
    from tasks.upkeep.withdrawal import withdraw as withdraw_now

    opened = Store.open(store)
    facts = withdrawn_now_json(opened, withdraw_now(opened, sources, reason))
    print_json(facts) if as_json else show_withdrawn_now(facts)


@commands.command(
    epilog='Example: `shls dataset reinstate 3fa9c1 --reason "consent given again, in writing"`'
)
@command
def reinstate(
    sources: References,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why. The ledger keeps it.")],
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Take photographs or videos off the deny list: the next build takes them in if it finds them."""
    from storage.store import Store
    from tasks.terminal import print_result
    from tasks.upkeep.withdrawal import reinstate as reinstate_now

    source_ids = reinstate_now(Store.open(store), sources, reason)
    if as_json:
        print_json({"reinstated": list(source_ids)})
        return
    for source_id in source_ids:
        print_result(f"reinstated {source_id}")


@commands.command(epilog="Examples: `shls dataset withdrawn` · `shls dataset withdrawn --json`")
@command
def withdrawn(store: StoreFolder = "store", as_json: Json = False) -> None:
    """List what is withdrawn: why, since when, by whom, and what still descends from it."""
    from flows.cli.dataset.withdrawal_tables import show_withdrawn, withdrawn_json
    from storage.store import Store

    facts = withdrawn_json(Store.open(store))
    print_json(facts) if as_json else show_withdrawn(facts)


@commands.command(
    epilog="Examples: `shls dataset purge 3fa9c1 --dry-run` · `shls dataset purge anna.jpg --json`"
)
@command
def purge(
    sources: References,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be erased, and erase nothing.")
    ] = False,
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Erase withdrawn photographs or videos from the store, and every row made from them; leave a tombstone.

    This cannot be undone. Weights that were trained with them, exports and copies elsewhere stay. A purge is
    refused while a job is running in the store; an interrupted purge is finished by the same command.
    """
    from flows.cli.dataset.withdrawal_tables import purge_json, show_purge
    from storage.files.jobs import running_jobs
    from storage.store import Store
    from tasks.upkeep.withdrawal import plan_purge
    from tasks.upkeep.withdrawal import purge as purge_now

    opened = Store.open(store)
    jobs = running_jobs(opened.backend) if dry_run else []
    erasure, tombstone = (plan_purge(opened, sources), None) if dry_run else purge_now(opened, sources)
    facts = {**purge_json(opened, erasure, tombstone), "dry_run": dry_run, "jobs_at_work": jobs}
    print_json(facts) if as_json else show_purge(facts)
