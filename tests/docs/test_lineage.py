"""What docs/lineage.md says of commands, words and files is so."""

import re
from pathlib import Path

from flows.cli.lineage.results import descent_json
from storage.lineage import descended, roles
from storage.lineage.descended import Descent

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "lineage.md").read_text(encoding="utf-8")


def test_every_way_of_seeing_and_every_role_is_on_the_page():
    for word in (
        *(descended.TRAINED, descended.VALIDATED, descended.NEVER_DRAWN, descended.UNKNOWN),
        *(roles.TEMPLATE, roles.PASTED, roles.LEFT_OUT),
    ):
        assert f"`{word}`" in PAGE


def test_the_files_it_points_at_are_there():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", PAGE)
    assert len(links) >= 2
    for link in links:
        assert (PROJECT / "docs" / link).exists(), link


def test_an_empty_answer_has_the_keys_of_any():
    nothing = descent_json(Descent("0" * 64, (), {}, (), (), ()))
    assert [key for key, value in nothing.items() if value == []] == [
        *("rows", "shards", "datasets", "checkpoints", "scores")
    ]
