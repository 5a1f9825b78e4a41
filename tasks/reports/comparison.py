"""A score compared with others: measured ones and published ones, in separate groups if the videos differ."""

from dataclasses import dataclass

from storage.canonical import short
from tasks.reports.page import counted
from tasks.reports.published import PublishedSet, is_the_same_set, published_on


@dataclass(frozen=True)
class Row:
    """A method and its J&F of 0..1; `style` is the class of its bar."""

    method: str
    jf_mean: float
    source: str
    style: str
    is_this: bool = False


@dataclass(frozen=True)
class Group:
    """Rows that can be compared with each other, the best first."""

    title: str
    rows: tuple[Row, ...]


def group(title: str, rows: tuple[Row, ...]) -> Group:
    """Return the rows under a title, the best first."""
    return Group(title, tuple(sorted(rows, key=lambda row: -row.jf_mean)))


def this_row(
    jf_mean: float, checkpoint: str, method: str = "this checkpoint", joined_with: str | None = None
) -> Row:
    """Return the row of what the page is about; of two checkpoints that were joined, if there is a second."""
    source = f"checkpoint {short(checkpoint)}"
    if joined_with is not None:
        method, source = "both checkpoints", f"{source} joined with {short(joined_with)}"
    return Row(method, jf_mean, source, "this-one", is_this=True)


def beside_published(
    measured: tuple[Row, ...], benchmark: str, split: str, num_videos: int
) -> tuple[tuple[Group, ...], str | None]:
    """Group what was measured on a split with what was published on the benchmark.

    Returns
    -------
    groups : tuple of Group
        One if the videos are the same; else what was measured, then what was published.
    caution : str or None
        Why the groups cannot be compared.
    """
    here = f"{counted(num_videos, 'video')} of {benchmark} {split}"
    published = published_on(benchmark)
    if published is None:
        return (group(here, measured),), None
    there = tuple(Row(one.method, one.jf_mean, one.source, "published") for one in published.figures)
    whole = f"all {published.num_videos} videos of {benchmark} {published.split}"
    if is_the_same_set(published, split, num_videos):
        return (group(f"On {whole}", measured + there),), None
    return (group(f"On {here}", measured), group(f"For orientation, on {whole}", there)), _caution(
        here, published
    )


def _caution(here: str, published: PublishedSet) -> str:
    return (
        f"Two sets of videos: this evaluation is over {here}, the published figures are over all "
        f"{published.num_videos} of {published.split}. Some videos are easier than others: "
        "a figure of one set cannot be compared with a figure of the other."
    )
