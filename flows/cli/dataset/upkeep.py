"""`shls dataset verify`, `tag`, `rollback`, `gc`: maintenance of a store."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import DatasetRef, Json, StoreFolder

commands = typer.Typer()


@commands.command(
    epilog="Examples: `shls dataset verify` · `shls dataset verify photos@v2` · "
    "`shls dataset verify --all --json > problems.json`"
)
@command
def verify(
    reference: Annotated[
        str | None,
        typer.Argument(metavar="[REF]", help="Name, id, or the beginning of an id; by default everything."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Everything in the store, its ledger and its key index.")
    ] = False,
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Hash every byte that a dataset depends on; print every problem. Exit code 1 if there is one."""
    from flows.cli.dataset.findings import show_verification, verification_json
    from shls_core.errors import InputError
    from storage.kinds import RecordKind
    from storage.references import resolve
    from storage.store import Store
    from tasks.upkeep.commands import verify as verify_now

    if everything and reference:
        raise InputError(f"expected a dataset or --all, got both: {reference} --all")
    opened = Store.open(store)
    dataset = resolve(opened, reference, RecordKind.DATASET) if reference else None
    verification = verify_now(opened, dataset)
    print_json(verification_json(verification)) if as_json else show_verification(verification)
    if verification.problems:
        raise typer.Exit(1)


@commands.command(
    epilog="Examples: `shls dataset tag photos@v3 submitted` · `shls dataset tag 3fa9c1 baseline`"
)
@command
def tag(
    reference: DatasetRef,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of its own, like 'submitted'.")],
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Give a dataset a name of your own, so that `gc` keeps it."""
    from storage.store import Store
    from tasks.upkeep.commands import tag as tag_now

    given, dataset = tag_now(Store.open(store), reference, name)
    _print_name(given, dataset, as_json)


@commands.command(epilog="Examples: `shls dataset rollback photos` · `shls dataset rollback photos --to v2`")
@command
def rollback(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name, like 'photos'.")],
    to: Annotated[
        str | None, typer.Option(metavar="vN", help="By default the dataset it pointed to before.")
    ] = None,
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Point NAME@latest to an earlier dataset, as a new version; nothing is edited or removed."""
    from storage.store import Store
    from tasks.upkeep.commands import roll_back

    given, dataset = roll_back(Store.open(store), name, to)
    _print_name(given, dataset, as_json)


@commands.command(
    epilog="Examples: `shls dataset gc --keep 3 --dry-run` · `shls dataset gc --keep 1 --no-keep-tagged`"
)
@command
def gc(
    keep: Annotated[int, typer.Option(min=1, metavar="N", help="Versions to keep of every name.")],
    keep_tagged: Annotated[
        bool, typer.Option("--keep-tagged/--no-keep-tagged", help="Whether tagged datasets are kept, too.")
    ] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be removed, and remove nothing.")
    ] = False,
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Remove what no kept version and no checkpoint depends on; refuse while a job runs in the store."""
    from flows.cli.dataset.findings import show_collection
    from storage.files.jobs import running_jobs
    from storage.garbage_collection import plan_collection
    from storage.store import Store
    from tasks.upkeep.commands import collect_garbage, collection_facts

    opened = Store.open(store)
    jobs = running_jobs(opened.backend) if dry_run else []
    if dry_run:
        collection = plan_collection(opened, keep, keep_tagged)
    else:
        collection = collect_garbage(opened, keep, keep_tagged)
    facts = {**collection_facts(collection), "dry_run": dry_run, "jobs_at_work": jobs}
    print_json(facts) if as_json else show_collection(facts)


def _print_name(given: str, dataset: str, as_json: bool) -> None:
    from tasks.terminal import Terminal

    if as_json:
        print_json({"name": given, "dataset": dataset})
    else:
        Terminal(highlight=False).print(f"{given} is dataset {dataset}")
