"""The table of `shls checkpoint list`."""

from collections.abc import Iterable

from rich.table import Table

from storage.canonical import short
from tasks.checkpoints.listing import ListedCheckpoint


def checkpoint_table(checkpoints: Iterable[ListedCheckpoint]) -> Table:
    """Return a row for every checkpoint; J&F of held-out sequences in per cent."""
    table = Table("checkpoint", "method", "dataset", "since (UTC)")
    for column in ("steps", "loss", "J&F"):
        table.add_column(column, justify="right")
    for one in checkpoints:
        table.add_row(
            short(one.checkpoint),
            one.method,
            one.dataset_name or short(one.dataset),
            one.since[:16].replace("T", " "),
            "" if one.step is None else f"{one.step:,}",
            f"{one.final_loss:.3f}",
            "" if one.validation is None else f"{100 * one.validation:.1f}",
        )
    return table
