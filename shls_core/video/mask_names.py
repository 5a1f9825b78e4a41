"""Which frame a mask file is of, by its name."""

import re
import unicodedata
from collections.abc import Iterator

from shls_core.errors import InputError
from shls_core.files.videos.video import Video, frame_numbers

_WORDS = "masks?|labels?|seg|segmentation|annotations?|gt|alpha|mattes?"
_AFFIX = re.compile(rf"^(?:{_WORDS})[_\-. ]+|[_\-. ]+(?:{_WORDS})$", flags=re.IGNORECASE)


def frame_of(video: Video, stem: str) -> int:
    """Return the number of the frame that a mask of this name is of.

    The name is the frame's, in any Unicode form, with or without a word like ``mask`` before or after it; in
    a video file, whose frames are numbers, its only number.

    Raises
    ------
    InputError
        If there is no frame with such a name.
    """
    failed = None
    for name in _candidates(stem):
        try:
            return frame_numbers(video, [name])[0]
        except InputError as error:
            failed = failed or error
    assert failed is not None
    raise failed


def _candidates(stem: str) -> Iterator[str]:
    """Yield the names that the frame may have, the surest first."""
    bare = _AFFIX.sub("", stem)
    numbers = re.findall(r"\d+", stem)
    names = [stem, bare, *(numbers if len(numbers) == 1 else [])]
    for name in dict.fromkeys(names):
        forms = (name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))
        yield from dict.fromkeys(forms)
