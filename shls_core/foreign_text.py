"""Texts of others, made safe to print and to record: names, notes and messages of libraries.

A file name may hold an escape sequence that rewrites the terminal, and a message of a library may quote an
address with a password in it.
"""

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
"""Unicode's categories of what a terminal obeys or does not show: controls, directions, half characters."""
_JOINERS = "\u200c\u200d"
"""Join or separate letters, in Persian for example: a part of names that people write."""

HIDDEN = "***"
_URL_WITH_USER = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]*://)"
    # A password may hold a slash or an @; a port that a path follows is no password.
    r"(?:[^\s/?#@:'\"<>]*:(?!\d{1,5}(?:[/?#\s]|$))[^\s<>]*|[^\s/?#'\"<>]*)@"
)
_SECRET_NAME = (
    r"\b(?:[\w-]*(?:signature|credential|secret|token|passw(?:or)?d|api[_-]?key|access[_-]?key(?:[_-]?id)?)"
    r"[\w-]*|sig)"
)
_PARAMETER = re.compile(rf"(?i)({_SECRET_NAME}=)[^\s&'\"<>;,)]+")
_QUOTED_PARAMETER = re.compile(rf"(?i)({_SECRET_NAME}[\"']?\s*[:=]\s*(?:Some\()?[\"'])[^\"']+")
_ELEMENT = re.compile(r"(?i)(<(?:AWSAccessKeyId|StringToSign|CanonicalRequest|SignatureProvided)>)[^<]*")
_HEADER = re.compile(
    r"(?i)(\bauthorization\W{1,4}(?:(?:basic|bearer|digest|token)\s+)?|\bx-amz-[a-z-]*token:\s*"
    r"|\b(?-i:Basic|Bearer)\s+(?=\S{16}))[A-Za-z0-9+/_.=~-]{8,}"
)
_KEY_ID = re.compile(r"\b(A[KS]IA)[A-Z0-9]{12,}\b")

_SECRET_VARIABLE = re.compile(r"(?i)secret|token|passw|passphrase|api_?key|access_key|auth_string|credential")
_FEWEST_CHARACTERS = 8
"""A shorter value of the environment is not looked for by itself: it could be part of any word."""


def printable(text: str) -> str:
    r"""Return a text on one line with nothing in it that a terminal would obey, or hide.

    Examples
    --------
    >>> printable("a\x1b[31mb\nc")
    'a\\x1b[31mb\\nc'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if _is_shown(character) else _escaped(character) for character in text)


def json_text(text: str) -> str:
    """Return JSON with what a terminal would obey spelt as JSON's own escapes: it is read as before."""
    return "".join(
        character if character == "\n" or _is_shown(character) else _as_json(character) for character in text
    )


def redacted(text: str) -> str:
    """Return a text without credentials: of addresses, requests and headers, and those in the environment.

    Examples
    --------
    >>> redacted("s3://user:SECRET@bucket/photos and http://host/x?X-Amz-Signature=0f9e&part=1")
    's3://***@bucket/photos and http://host/x?X-Amz-Signature=***&part=1'
    """
    for secret in _secrets_of_environment():
        if secret in text:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)
    text = _URL_WITH_USER.sub(rf"\1{HIDDEN}@", text)
    for pattern in (_PARAMETER, _QUOTED_PARAMETER, _ELEMENT, _HEADER, _KEY_ID):
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return text


def redacted_values(value: Any) -> Any:
    """Return a JSON value with every text in it redacted, keys of mappings included."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {redacted_values(key): redacted_values(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_values(inner) for inner in value]
    return value


def shown(text: str) -> str:
    """Return a text as messages print it: without credentials, on one line, with nothing to obey."""
    return printable(redacted(text))


def _is_shown(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in _UNPRINTABLE


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _as_json(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _secrets_of_environment() -> Iterator[str]:
    """Yield the values of variables that are secret by their name, and the passwords in addresses."""
    for name, value in os.environ.items():
        found = [value] if _SECRET_VARIABLE.search(name) else []
        if "://" in value and "@" in value:
            found.append(_password(value))
        for secret in found:
            if len(secret) >= _FEWEST_CHARACTERS:
                yield secret
                if (spelt := quote(secret, safe="")) != secret:
                    yield spelt


def _password(address: str) -> str:
    try:
        return urlsplit(address).password or ""
    except ValueError:
        return ""
