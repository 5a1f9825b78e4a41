import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shls_core.foreign_text import json_text, printable, redacted, redacted_values, shown


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("cat.jpg", "cat.jpg"),
        ("Zoë 猫 \U0001f468\u200d\U0001f469", "Zoë 猫 \U0001f468\u200d\U0001f469"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\nb\r\t", r"a\nb\r\t"),
        ("a\x9b2Jb\x00", r"a\x9b2Jb\x00"),
        ("gpj.\u202etac", r"gpj.\u202etac"),
        ("a\u2028b\ufeff", r"a\u2028b\ufeff"),
        ("latin\udce9", r"latin\udce9"),
    ],
)
def test_what_a_terminal_would_obey_is_spelt_out(text, printed):
    assert printable(text) == printed


@given(st.text())
def test_any_text_is_printed_on_one_line_and_can_be_encoded(text):
    printed = printable(text)
    printed.encode("utf-8")
    assert len(printed.splitlines()) <= 1
    assert "\x1b" not in printed


@given(st.text(), st.text())
def test_json_is_read_as_it_was(key, value):
    spelt = json_text(json.dumps({key: value}, ensure_ascii=False))
    spelt.encode("utf-8")
    assert json.loads(spelt) == {key: value}
    assert not any(character in spelt for character in "\x1b\x9b\u202e\u2028")


@pytest.mark.parametrize(
    "text",
    [
        "s3://user:SECRET@bucket/x",
        "s3://AKIA:SEC/RET+@bucket: no such store",
        "https://SECRET@host/x",
        "https://:SECRET@host:9000",
        "http://user:p@SECRET@host",
        "https://h/x?a=1&X-Amz-Credential=SECRET&X-Amz-Signature=SECRET",
        "https://h/x?sig=SECRET&token=SECRET",
        "Authorization: Bearer SECRETSECRETSECRET",
        "x-amz-security-token: SECRETSECRET",
        "aws_secret_access_key=SECRET",
        'secret_access_key: Some("SECRET")',
        "{'password': 'SECRET'}",
        "<AWSAccessKeyId>SECRET</AWSAccessKeyId>",
    ],
)
def test_credentials_are_left_out(text):
    assert "SECRET" not in redacted(text)
    assert "***" in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "s3://bucket/photos@v2",
        "http://127.0.0.1:5000/a@b",
        "expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        "photos@v3, mine@v1",
        "tokens: 5; basic photographs",
        "training.seed=5",
    ],
)
def test_other_texts_stay_as_they_are(text):
    assert redacted(text) == text


def test_secrets_of_the_environment_are_left_out_wherever_they_are(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalr/XUtnFEMI")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://me:hunter2hunter2@host")
    assert redacted("signed by wJalr/XUtnFEMI, or wJalr%2FXUtnFEMI") == "signed by ***, or ***"
    assert shown("the password hunter2hunter2\n") == "the password ***\\n"
    record = {"images": "s3://a:b@c", "sizes": [1, "token=x", None], "n": 0.5}
    assert redacted_values(record) == {"images": "s3://***@c", "sizes": [1, "token=***", None], "n": 0.5}
