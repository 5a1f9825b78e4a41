import pytest

from shls_core.files.foreign_json import strict_json


def test_json_is_read():
    assert strict_json(b'{"a": [1, 2.5, null, "NaN"]}') == {"a": [1, 2.5, None, "NaN"]}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b'{"a": NaN}', "expected finite numbers, got NaN"),
        (b"[-Infinity]", "expected finite numbers, got -Infinity"),
        (b"[1e999]", "expected finite numbers, got 1e999"),
        (b'{"a": {"b": 1, "b": 2}}', "expected every key once, got 'b' twice"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff", "decode"),
        (b"", "Expecting value"),
    ],
)
def test_what_others_could_read_differently_is_refused(text, what):
    with pytest.raises(ValueError, match=what):
        strict_json(text)
