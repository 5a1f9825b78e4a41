import pytest

from tasks.openlineage.source_code import public_address, running_flow, source_of


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://example.org/photos/shls.git", "https://example.org/photos/shls.git"),
        ("https://me:secret@example.org:8443/shls.git?token=x", "https://example.org:8443/shls.git"),
        ("ssh://git@example.org/shls.git", "ssh://example.org/shls.git"),
        ("git@example.org:photos/shls.git", "ssh://example.org/photos/shls.git"),
        ("example.org:shls.git", "ssh://example.org/shls.git"),
        ("/srv/git/shls.git", None),
        ("../shls", None),
        ("file:///srv/git/shls.git", None),
        ("", None),
    ],
)
def test_an_address_is_one_that_others_reach_without_anybodys_credentials(remote, address):
    assert public_address(remote) == address


def test_the_source_of_a_function_and_where_its_module_lies():
    path, source = source_of(public_address)
    assert path == "tasks/openlineage/source_code.py"
    assert source.startswith("def public_address(")


def test_outside_of_a_flow_none_is_running():
    assert running_flow() is None
