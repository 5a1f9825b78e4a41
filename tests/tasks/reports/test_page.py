"""What every page has: a policy that fits it, escaped text, one spelling of figures."""

import base64
import hashlib
import re

import pytest
from jinja2 import UndefinedError

from tasks.reports.page import _environment, percent, render_page


def test_figures_are_told_in_per_cent_with_one_decimal():
    assert [percent(value) for value in (0.0, 0.7346, 1.0, -0.021, -0.0004, None)] == [
        "0.0", "73.5", "100.0", "\N{MINUS SIGN}2.1", "0.0", "\N{EN DASH}",
    ]  # fmt: skip


@pytest.mark.parametrize("tag", ["style", "script"])
def test_the_policy_admits_what_stands_between_the_tags(tag):
    page = render_page("layout.html", rules=".object-1{--object:#800000}").decode()
    [content] = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    assert f"{tag}-src &#39;sha256-{digest}&#39;" in page


def test_the_policy_stands_before_anything_it_is_to_hold_back():
    page = render_page("layout.html").decode()
    assert "default-src &#39;none&#39;" in page
    assert page.index("Content-Security-Policy") < min(
        page.index(tag) for tag in ("<link", "<style", "<script")
    )


def test_a_page_holds_no_credentials_of_the_notes_that_it_quotes():
    environment = _environment()
    template = environment.from_string('<title>{{ note }}, {{ [note]|join(", ") }}</title>{{ n }}{{ image }}')
    image = "data:image/png;base64,AKIA0123456789ABCDEF"  # bytes of a picture, whatever they look like
    page = template.render(note="https://user:hidden@host/a.jpg?X-Amz-Signature=hidden", n=3, image=image)
    shown = "https://***@host/a.jpg?X-Amz-Signature=***"
    assert page == f"<title>{shown}, {shown}</title>3{image}"


def test_a_template_that_names_what_it_is_not_given_is_an_error():
    with pytest.raises(UndefinedError):
        render_page("benchmark.html")
