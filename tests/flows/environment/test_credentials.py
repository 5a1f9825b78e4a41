"""Addresses with credentials in them are refused before anything can record them."""

import pytest

from flows.configuration import load_config
from flows.environment.credentials import holds_credentials, refuse_credentials
from shls_core.errors import InputError


@pytest.mark.parametrize(
    "text",
    [
        "s3://user:hidden@bucket/x",
        "s3://hidden@bucket",
        "https://host/x?X-Amz-Signature=hidden",
        "see https://user:hidden@host/x",
    ],
)
def test_an_address_with_credentials_is_refused_without_them(text):
    with pytest.raises(InputError, match=r"^expected store without credentials, got .*\*\*\*") as raised:
        refuse_credentials({"dry_run": True, "keep": 1, "store": text})
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize("text", ["s3://bucket/prefix", "/home/a@b/token=5.mp4", "photos@v3", "a:b@c"])
def test_other_addresses_and_names_of_files_are_not(text):
    assert not holds_credentials(text)
    refuse_credentials({"images": [text]})


@pytest.mark.parametrize("name", ["store", "checkpoint"])
def test_a_command_refuses_them_before_it_begins(shls, name, tmp_path):
    result = shls("evaluate", f"--{name}", "s3://user:hidden@bucket/x")
    assert result.exit_code == 1
    assert result.stderr == f"error: expected {name} without credentials, got s3://***@bucket/x\n"


def test_a_configuration_with_them_is_refused(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("ingest: {images: 's3://user:hidden@bucket/x'}")
    with pytest.raises(InputError) as raised:
        load_config(str(path))
    told = f"expected ingest.images without credentials, got s3://***@bucket/x ({path})"
    assert str(raised.value) == told
