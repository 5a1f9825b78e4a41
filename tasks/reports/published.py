"""Published figures to compare a score with, each with its source and the videos it was measured on."""

from dataclasses import dataclass

_SHLS = "Mendonça, Fontinele, Oliveira: SHLS, BMVC 2023"
_MEASURED = "not published; measured with the official evaluator"


@dataclass(frozen=True)
class PublishedFigure:
    """A J&F of 0..1 over all videos of a set.

    Attributes
    ----------
    method : str
        Its name, as its authors write it.
    jf_mean : float
        J&F-Mean, 0..1.
    source : str
        Where the figure was read.
    """

    method: str
    jf_mean: float
    source: str


@dataclass(frozen=True)
class PublishedSet:
    """Figures on one set of videos; a figure on any other set cannot be compared with them."""

    benchmark: str
    split: str
    num_videos: int
    figures: tuple[PublishedFigure, ...]


PUBLISHED: tuple[PublishedSet, ...] = (
    PublishedSet(
        "DAVIS-2016",
        "val",
        20,
        (
            PublishedFigure("SHLS, trained on 10,000 stills", 0.735, _SHLS),
            PublishedFigure("MuG", 0.625, f"Lu et al., CVPR 2020; figure from {_SHLS}"),
            PublishedFigure("CycleTime", 0.535, f"Wang, Jabri, Efros, CVPR 2019; figure from {_SHLS}"),
            PublishedFigure("CorrFlow", 0.440, f"Lai, Xie, BMVC 2019; figure from {_SHLS}"),
            PublishedFigure("VidColor", 0.349, f"Vondrick et al., ECCV 2018; figure from {_SHLS}"),
            PublishedFigure("copy the first mask", 0.255, _MEASURED),
        ),
    ),
    PublishedSet(
        "DAVIS-2017",
        "val",
        30,
        (
            PublishedFigure("SHLS, trained on 10,000 stills", 0.685, _SHLS),
            PublishedFigure("SHLS, without refinement", 0.625, f"{_SHLS}, ablation"),
        ),
    ),
)


def published_on(benchmark: str) -> PublishedSet | None:
    """Return what was published on a benchmark, or None."""
    return next((one for one in PUBLISHED if one.benchmark == benchmark), None)


def is_the_same_set(published: PublishedSet, split: str, num_videos: int) -> bool:
    """Return whether a score on these videos can be compared with the published figures."""
    return (published.split, published.num_videos) == (split, num_videos)
