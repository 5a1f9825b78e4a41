"""`shls audit`: is a store unchanged, and was its content made as its records state?"""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json, StoreFolder

commands = typer.Typer()

EXIT_CODES = {"intact": 0, "tampered": 1, "not comparable": 3, "outstanding": 4}
"""Exit code of each verdict."""


@commands.command(
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
            help="Name or id of a dataset, a checkpoint or a score, audited with all that it depends on; "
            "by default the whole store.",
        ),
    ] = None,
    replay: Annotated[
        int,
        typer.Option(
            "--replay",
            metavar="N",
            min=0,
            help="Make N random samples again: pseudo-sequences from recipes, with the masks and "
            "photographs that they come from, and clips from their footage, with that from its film, if it "
            "is at hand; and one shard of every stage from its inputs.",
        ),
    ] = 0,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed",
            min=0,
            max=2**63 - 1,
            metavar="S",
            help="Repeat the random choice of an audit; it prints S.",
        ),
    ] = None,
    expected_head: Annotated[
        str | None,
        typer.Option(
            "--expect-head",
            metavar="HEX",
            help="Ledger head that an earlier audit printed and you kept elsewhere, or at least its first 12 "
            "digits: every entry up to it must still be there, unchanged.",
        ),
    ] = None,
    davis: Annotated[
        str | None,
        typer.Option("--davis", metavar="ROOT", help="Also compare the videos of scores on DAVIS."),
    ] = None,
    youtube_vos: Annotated[
        str | None,
        typer.Option(
            "--youtube-vos", metavar="ROOT", help="Also compare the videos of submissions to YouTube-VOS."
        ),
    ] = None,
    footage: Annotated[
        str | None,
        typer.Option(
            "--footage",
            metavar="FOLDER",
            help="Films that --replay takes footage from again; by default where the builds found them.",
        ),
    ] = None,
    is_recorded: Annotated[
        bool,
        typer.Option("--record/--no-record", help="Whether the audit itself is recorded in the ledger."),
    ] = True,
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Find and report what was changed, removed or swapped in a store.

    Every object is hashed and the history is followed; rows are checked against the sources that they
    name, checkpoints against the verdict on their dataset, scores against their checkpoint, keys against
    their results.

    Exit code 0: intact. 1: tampered, or an error. 3: something made again came out differently, on other
    code, packages or hardware. 4: nothing was changed, but something still depends on a withdrawn source.
    """
    from flows.cli.audit_findings import audit_json, show_audit
    from flows.cli.audit_request import audit_request
    from storage.store import Store
    from tasks.upkeep.audit import audit as audit_now

    request = audit_request(reference, replay, seed, expected_head, davis, youtube_vos, footage)
    opened = Store.open(store)
    audited, was_recorded = audit_now(opened, request, is_recorded)
    head = opened.ledger.head() if audited.findings.is_history_readable else None
    if as_json:
        print_json(audit_json(audited, was_recorded, head))
    else:
        show_audit(audited, head)
    raise typer.Exit(EXIT_CODES[audited.verdict])
