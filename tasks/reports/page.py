"""What every page shares: layout, stylesheet, script, and a policy that lets it load nothing.

The policy allows one stylesheet and one script, by digest, and pictures that are part of the page. A browser
refuses everything else, whatever text is in the page. So templates have no ``style`` attribute: a colour is a
class, or an attribute of SVG.
"""

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shls_core.foreign_text import redacted

_TEMPLATES = Path(__file__).parent / "templates"
_MISSING = "–"  # noqa: RUF001
_MINUS = "−"  # noqa: RUF001


def render_page(template: str, *, rules: str = "", **facts: Any) -> bytes:
    """Return a page as HTML in UTF-8; the same facts give the same bytes.

    Parameters
    ----------
    template
        File in ``templates/`` that extends ``layout.html``.
    rules
        CSS of this page alone, added after the shared stylesheet.
    **facts
        Variables of the template. Text is escaped, and has no credentials; a missing variable is an error.
    """
    style, script = asset("page.css") + rules, asset("sort.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            f"style-src {_source(style)}",
            f"script-src {_source(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    # Neither is escaped: both are files of this package, and a digest is of the text between the tags.
    page = _environment().get_template(template)
    return page.render(**facts, policy=policy, style=Markup(style), script=Markup(script)).encode()


def percent(value: float | None) -> str:
    """Return a score of 0..1, or a decay of -1..1, in per cent with one decimal.

    Examples
    --------
    >>> percent(0.7346), percent(-0.021), percent(-0.0001), percent(None)
    ('73.5', '−2.1', '0.0', '–')
    """
    if value is None:
        return _MISSING
    text = f"{100 * value:.1f}"
    return "0.0" if text == "-0.0" else text.replace("-", _MINUS)


def figure(value: float) -> str:
    """Return a number as text: whole ones and those from 1000 on without decimals, others to three digits.

    Examples
    --------
    >>> figure(88812), figure(0.12345), figure(7.0), figure(-0.5), figure(1234.56), figure(1e-7)
    ('88,812', '0.123', '7', '−0.5', '1,235', '1e−07')
    """
    text = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", _MINUS)


def counted(number: int, of_what: str) -> str:
    """Return a number of things in words.

    Examples
    --------
    >>> counted(1, "video"), counted(1999, "scored frame")
    ('1 video', '1,999 scored frames')
    """
    return f"{number:,} {of_what}{'' if number == 1 else 's'}"


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_without_credentials,
    )
    environment.filters.update(percent=percent, figure=figure, counted=counted)
    return environment


def _without_credentials(value: Any) -> Any:
    """Return a text of a page without credentials: notes may quote an address with a password in it."""
    is_ours = not isinstance(value, str) or isinstance(value, Markup) or value.startswith("data:")
    return value if is_ours else redacted(value)


@functools.cache
def asset(name: str) -> str:
    """Return a stylesheet or a script of ``templates/``."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
