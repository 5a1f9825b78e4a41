"""`shls backfill`: the datasets of several names and configurations, priced in one line each, then built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import AcceptDrift, Backend, Json, StoreFolder, Workers

if TYPE_CHECKING:
    from flows.backfill import Filled, Price

commands = typer.Typer()


@commands.command(
    epilog="Examples: `shls backfill photos films --dry-run` · "
    "`shls backfill photos=configs/stills.yaml trial=changed.yaml`"
)
@command
def backfill(
    items: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME[=CONFIG]...",
            help="A name with a configuration; or a name alone, as it was built last in the store.",
        ),
    ],
    store: StoreFolder = "store",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only plan and price.")] = False,
    backend: Backend = None,
    workers: Workers = None,
    accept_drift: AcceptDrift = False,
    as_json: Json = False,
) -> None:
    """Bring datasets up to date: plan each, print its price in one line, then build one after another.

    One that fails does not keep the others from being built; the exit code is then 1.
    """
    from flows.backfill import configurations, filled, prices
    from flows.cli.options import with_options
    from flows.cli.prefect_server import reach_server
    from storage.files.free_space import refuse_without_space
    from tasks.terminal import print_line, print_result

    say = print_line if as_json else print_result
    configs = configurations(items, store, lambda each: with_options(each, backend, workers, accept_drift))
    planned: list[Price] = []
    for price in prices(configs, store):
        planned.append(price)
        say(price_line(price))
    say(total_line(planned))
    done: list[Filled] = []
    if not dry_run:
        refuse_without_space(store, sum(price.bytes_to_write or 0 for price in planned))
        if any(price.status == "stale" for price in planned):
            reach_server()
        for price in planned:
            done.append(filled(price, configs[price.name], store))
            say(filled_line(done[-1]))
    if as_json:
        results = [one.model_dump(mode="json") for one in done]
        print_json({"plans": [price.model_dump(mode="json") for price in planned], "results": results})
    if any(price.status == "unknown" for price in planned) or any(one.status == "failed" for one in done):
        raise typer.Exit(1)


def price_line(price: Price) -> str:
    """Return in one line what a dataset will cost, and why."""
    from storage.files.free_space import megabytes
    from tasks.terminal import duration

    if price.error is not None:
        return f"{price.name}: cannot be planned: {price.error}"
    if price.status == "fresh":
        return f"{price.name}: fresh, nothing to do"
    at_work = "1 process" if price.workers == 1 else f"{price.workers} workers"
    time = "unknown time" if price.seconds is None else f"about {duration(price.seconds)} of {at_work}"
    size = "unknown size" if price.bytes_to_write is None else f"{megabytes(price.bytes_to_write)} to write"
    why = f": {'; '.join(price.reasons)}" if price.reasons else ""
    return f"{price.name}: {price.rows_to_compute} of {price.rows} rows to compute, {time}, {size}{why}"


def total_line(planned: list[Price]) -> str:
    """Return in one line what all of it will cost."""
    from storage.files.free_space import megabytes
    from tasks.terminal import duration

    stale = [price for price in planned if price.status == "stale"]
    known = [price.seconds for price in stale if price.seconds is not None]
    more = "" if len(known) == len(stale) else " and more"
    size = megabytes(sum(price.bytes_to_write or 0 for price in stale))
    return (
        f"all: {len(stale)} of {len(planned)} to build, about {duration(sum(known))}{more}, {size} to write"
    )


def filled_line(one: Filled) -> str:
    """Return in one line what became of a name."""
    if one.status == "failed":
        return f"{one.name}: failed: {one.error}"
    return f"{one.name}: {'fresh, nothing done' if one.status == 'fresh' else f'is {one.published}'}"
