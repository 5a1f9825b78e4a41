"""`shls audit`: is a store still what it was, and was what is in it made as it says?"""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json, StoreFolder

auditing = typer.Typer()

EXIT_CODES = {"intact": 0, "tampered": 1, "not comparable": 3, "outstanding": 4}
"""By the verdict."""


@auditing.command(
    epilog="Examples: `shls audit` · `shls audit photos@v3 --replay 20` · "
    "`shls audit --expect-head 9f2c41d07ab3 --davis DAVIS/ --json > audit.json` · "
    "`shls audit --store copy/ --no-record`"
)
@command
def audit(
    reference: Annotated[
        str | None,
        typer.Argument(
            metavar="[REF]",
            help="Name or id of a dataset, a checkpoint or a score, audited with all that it stands on; "
            "by default the whole store.",
        ),
    ] = None,
    replay: Annotated[
        int,
        typer.Option(
            "--replay",
            metavar="N",
            min=0,
            help="Make N pseudo-sequences, drawn at random, again from their recipes, with the masks and "
            "photographs behind them; and of every stage one shard from its inputs.",
        ),
    ] = 0,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, metavar="S", help="Draw the same again; it is printed.")
    ] = None,
    expected_head: Annotated[
        str | None,
        typer.Option(
            "--expect-head",
            metavar="HEX",
            help="Head of the ledger as an earlier audit printed it and you kept it elsewhere, or its first "
            "12 digits or more: everything up to it must still be there, unchanged.",
        ),
    ] = None,
    davis: Annotated[
        str | None,
        typer.Option("--davis", metavar="ROOT", help="Compare the videos of scores on DAVIS, too."),
    ] = None,
    youtube_vos: Annotated[
        str | None,
        typer.Option("--youtube-vos", metavar="ROOT", help="Compare those of submissions to YouTube-VOS."),
    ] = None,
    is_recorded: Annotated[
        bool,
        typer.Option("--record/--no-record", help="Whether the audit leaves an entry in the ledger itself."),
    ] = True,
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Find what was changed, removed or swapped in a store, and name it.

    Every object is hashed and the history followed; rows are held to the photographs that they name,
    checkpoints to the verdict on their dataset, scores to their checkpoint, keys to their results.

    Exit code 0: intact. 1: tampered, or an error. 3: something made again came out differently, on other
    code, packages or hardware. 4: nothing was changed, but something still stands on a withdrawn photograph.
    """
    from flows.cli.audit_findings import audit_json, show_audit
    from flows.cli.audit_request import audit_request
    from storage.store import Store
    from tasks.upkeep.audit import audit as audit_now

    request = audit_request(reference, replay, seed, expected_head, davis, youtube_vos)
    audited, was_recorded = audit_now(store, request, is_recorded)
    head = Store.open(store).ledger.head() if audited.findings.is_history_readable else None
    if as_json:
        print_json(audit_json(audited, was_recorded, head))
    else:
        show_audit(audited, head)
    raise typer.Exit(EXIT_CODES[audited.verdict])
