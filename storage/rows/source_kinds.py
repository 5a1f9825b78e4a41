"""The kinds of sources that a dataset is made from: their stages, and the words for them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from storage.kinds import SOURCE_OF_STAGE, PartKind
from storage.rows.stage_names import CLIPS, FOOTAGE, INGEST, OF_STILLS, OF_VIDEOS, SEQUENCES


@dataclass(frozen=True)
class SourceKind:
    """One kind of sources.

    Attributes
    ----------
    stage
        The stage whose rows hold the sources; it reads no other. Of a photograph there is one accepted row,
        which has its id; of a video there are as many as its length needs, with ids of their own.
    part
        The kind of a source as part of a dataset: also the word for it.
    stages
        The stages that are made from such sources, in order.
    samples
        The stage whose rows, made from these sources, are samples: it divides them into training and held
        out.
    sample_noun
        The word for a sample.
    """

    stage: str
    part: PartKind
    stages: tuple[str, ...]
    samples: str
    sample_noun: str

    @property
    def noun(self) -> str:
        """The word for one of them."""
        return str(self.part)

    @property
    def plural(self) -> str:
        """The word for several of them."""
        return f"{self.part}s"


PHOTOGRAPHS: Final = SourceKind(INGEST, PartKind.PHOTOGRAPH, OF_STILLS, SEQUENCES, "pseudo-sequence")
VIDEOS: Final = SourceKind(FOOTAGE, PartKind.VIDEO, OF_VIDEOS, CLIPS, "clip")
SOURCE_KINDS: Final = (PHOTOGRAPHS, VIDEOS)

SOURCE_STAGES: Final = tuple(kind.stage for kind in SOURCE_KINDS)
"""The stages whose rows hold sources."""
SAMPLE_STAGES: Final = tuple(kind.samples for kind in SOURCE_KINDS)
"""The stages whose rows are samples."""
KIND_OF_STAGE: Final = {kind.stage: kind for kind in SOURCE_KINDS}
"""The kind of the sources that a stage of sources holds."""
EITHER: Final = "source"
"""The word for a source of any kind, or of one that is not known."""


def kinds_among(stages: Collection[str]) -> tuple[SourceKind, ...]:
    """Return the kinds of sources that a dataset with some stages is made from."""
    return tuple(kind for kind in SOURCE_KINDS if kind.stage in stages)


def nouns_of(stages: Iterable[str | None]) -> list[str]:
    """Return the word for the sources of each of some stages, each word once; unknown stages have none."""
    found = (SOURCE_OF_STAGE[stage] for stage in stages if stage is not None and stage in SOURCE_OF_STAGE)
    return [str(one) for one in dict.fromkeys(found)]


def plurals_of(stages: Iterable[str]) -> str:
    """Return what the sources of some stages are called, in one phrase.

    Examples
    --------
    >>> plurals_of(["ingest"]), plurals_of(["footage", "clips"]), plurals_of(["ingest", "footage"])
    ('photographs', 'videos', 'photographs and videos')
    """
    named = set(stages)
    kinds = [kind for kind in SOURCE_KINDS if named.intersection(kind.stages)]
    return " and ".join(kind.plural for kind in kinds or [PHOTOGRAPHS])


def noun_for(parts: Iterable[str]) -> str:
    """Return the word that fits every one of some sources; photographs where there is none.

    Parameters
    ----------
    parts
        The word for each source.

    Examples
    --------
    >>> noun_for(["video", "video"]), noun_for(["photograph", "video"]), noun_for([])
    ('video', 'source', 'photograph')
    """
    distinct = set(map(str, parts))
    if not distinct:
        return PHOTOGRAPHS.noun
    return distinct.pop() if len(distinct) == 1 else EITHER


def samples_learned_from(checkpoint: Mapping[str, Any]) -> str:
    """Return the stage whose rows a training drew, given the record of its checkpoint as JSON."""
    return CLIPS if checkpoint.get("clip_draw") is not None else SEQUENCES
