"""The page of an evaluation on held-out sequences: scores with the two baselines, and every object."""

from collections.abc import Mapping
from dataclasses import dataclass

from storage.canonical import short
from storage.records.checkpoints import CheckpointRecord, EvaluationRecord, ObjectScore
from tasks.reports.colours import object_rules
from tasks.reports.comparison import Group, Row, group, this_row
from tasks.reports.making import Fact, configuration, facts, held_out_commands
from tasks.reports.page import counted, render_page
from tasks.reports.spread import SpreadChart, spread_chart

_BASELINES = {
    "untrained": ("the same network, untrained", "the architecture alone, without learning"),
    "copy_first_mask": ("copy the first mask", "no motion at all"),
}


@dataclass(frozen=True)
class HeldOutRow:
    """A row of the table of objects; scores 0..1."""

    sequence: str
    object_id: int
    jf_mean: float
    j_mean: float
    f_mean: float


@dataclass(frozen=True)
class HeldOutPage:
    """What the template shows."""

    counted: str
    scores: Mapping[str, float]
    spread: SpreadChart
    groups: tuple[Group, ...]
    objects: tuple[HeldOutRow, ...]
    facts: tuple[Fact, ...]
    commands: tuple[str, ...]
    configuration: str


def held_out_page(evaluation: str, record: EvaluationRecord, trained: CheckpointRecord) -> bytes:
    """Return the page as HTML; the same arguments give the same bytes.

    Parameters
    ----------
    evaluation
        Id of `record`.
    record
        The evaluation.
    trained
        The checkpoint it is of.
    """
    baselines = tuple(
        Row(method, record.baselines[name]["J&F-Mean"], meaning, "same-videos")
        for name, (method, meaning) in _BASELINES.items()
    )
    mine = this_row(record.scores["J&F-Mean"], record.checkpoint, joined_with=record.joined_with)
    rows = sorted(map(_row, record.objects), key=lambda row: row.jf_mean)
    page = HeldOutPage(
        counted=", ".join(
            (
                counted(record.num_sequences, "sequence"),
                counted(len(record.objects), "object"),
                counted(record.num_frames, "scored frame"),
            )
        ),
        scores=record.scores,
        spread=spread_chart([(f"{short(row.sequence)} {row.object_id}", row.jf_mean) for row in rows]),
        groups=(
            group(
                f"On the same {record.num_sequences} held-out sequences",
                (mine, *baselines),
            ),
        ),
        objects=tuple(rows),
        facts=facts(evaluation, record, trained),
        commands=held_out_commands(record, trained),
        configuration=configuration(record, trained),
    )
    rules = object_rules(one.object_id for one in record.objects)
    return render_page("held_out.html", rules=rules, page=page)


def _row(one: ObjectScore) -> HeldOutRow:
    return HeldOutRow(one.sequence, one.object_id, (one.j_mean + one.f_mean) / 2, one.j_mean, one.f_mean)
