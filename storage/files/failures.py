"""Describe a failure of a store in one line, and decide whether it is temporary.

obstore and deltalake report most failures as one generic error; only its text contains the cause.
"""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import AlreadyExistsError, BaseError

from shls_core.errors import ObjectMissing, StoreError, StoreUnreachable, StoreUnreadable
from shls_core.foreign_text import redacted

_PASSING_ERRNOS = frozenset(
    {
        errno.EAGAIN, errno.EBUSY, errno.ECONNABORTED, errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTDOWN,
        errno.EHOSTUNREACH, errno.EINTR, errno.EIO, errno.EMFILE, errno.ENETDOWN, errno.ENETRESET,
        errno.ENETUNREACH, errno.ENFILE, errno.EPIPE, errno.EREMOTEIO, errno.ESTALE, errno.ETIMEDOUT,
    }
)  # fmt: skip
_PASSING_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
# Messages of the HTTP client: a connection could not be made, or broke.
_BROKEN_OFF = re.compile(r"error sending request|error decoding response body|request or response body error")
# The answer had begun: obstore does not ask again.
_CUT_SHORT = re.compile(
    r"error decoding response body|request or response body error|end of file before message"
)

_CONTROL = re.compile(r"\x1b\[[0-9;]*m|↳")
_STATUS = re.compile(r"non-2xx status code\W+(\d{3})")
_OS_ERROR = re.compile(r"\(os error (\d+)\)")
_CODE = re.compile(r"<Code>([^<]*)</Code>(?:\s*<Message>([^<]*)</Message>)?")

# Failures that are known to be permanent, with messages that help.
_MEANINGS = {
    "NoSuchBucket": "there is no such bucket",
    # The address that is asked for an Amazon machine's credentials if the environment contains none.
    "http://169.254.169.254/": "found no credentials; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY give them",
    "redirect without LOCATION": "the bucket is in another region; AWS_REGION names it",
}


def store_error(doing: str, error: Exception, lasting: type[StoreError]) -> StoreError:
    """Return the project's error for an error of obstore, deltalake or the system.

    Parameters
    ----------
    doing
        What was expected: ``expected to write keys/a/b into the store``.
    error
        The original error.
    lasting
        The class for a permanent failure; a temporary one becomes a StoreUnreachable.
    """
    text = " ".join(_CONTROL.sub(" ", str(error).split("\n\nDebug source")[0]).split())
    message = f"{doing}: {redacted(_meaning(text))}"
    return StoreUnreachable(message) if _may_pass(error, text) else lasting(message)


@contextmanager
def store_errors(doing: str, lasting: type[StoreError] = StoreUnreadable) -> Iterator[None]:
    """Wrap errors of the store inside the block in the project's errors.

    A file that already exists is not a failure: obstore's AlreadyExistsError is not wrapped.

    Raises
    ------
    ObjectMissing
        If there is no such file.
    StoreUnreachable, StoreError
        As `store_error` decides.
    """
    try:
        yield
    except AlreadyExistsError:
        raise
    except (OSError, BaseError) as error:
        is_missing = isinstance(error, FileNotFoundError) and "NoSuchBucket" not in str(error)
        raise store_error(doing, error, ObjectMissing if is_missing else lasting) from error


def is_broken_off(error: Exception) -> bool:
    """Return whether an answer of a bucket ended before it was complete: the same request may succeed."""
    return bool(_CUT_SHORT.search(str(error)))


def _may_pass(error: Exception, text: str) -> bool:
    if _known(text):
        return False
    if status := _STATUS.search(text):
        return int(status[1]) in _PASSING_STATUSES
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (named := _OS_ERROR.search(text)):
        number = int(named[1])
    if number is not None:
        return number in _PASSING_ERRNOS
    return isinstance(error, ConnectionError | TimeoutError) or bool(_BROKEN_OFF.search(text))


def _meaning(text: str) -> str:
    if known := _known(text):
        return known
    code = _CODE.search(text)
    what = ": ".join(part for part in code.groups() if part) if code else text
    status = _STATUS.search(text)
    refused = status is not None and status[1] in ("401", "403")
    return f"the credentials are refused: {what}" if refused else what


def _known(text: str) -> str | None:
    return next((meaning for sign, meaning in _MEANINGS.items() if sign in text), None)
