"""Which frames a rule chooses, and that it needs all that it will choose later."""

import pytest

from shls_core.propagation.context_rule import ChosenFrames, RecentFrames, context_rule
from shls_core.propagation.label_config import LabelPropagationConfig

RULES = [
    RecentFrames(3, is_unrestricted=True),
    ChosenFrames((0, 5, -5, -3, -1), is_unrestricted=False),
    ChosenFrames((-1,), is_unrestricted=False),
    ChosenFrames((0, 2), is_unrestricted=True),
    ChosenFrames(None, is_unrestricted=False),
]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("start", "again"), [(0, ()), (4, ()), (2, (6, 7))])
def test_a_frame_that_is_used_was_needed_ever_since(rule, start, again):
    for number in range(start + 1, 20):
        given = [one for one in again if one < number]
        uses = rule.uses(number, start, given)
        assert uses
        assert [use.number for use in uses] == sorted({use.number for use in uses})
        for use in uses:
            assert start <= use.number < number
            for coming in range(use.number + 1, number + 1):
                before = [one for one in given if one < coming]
                assert rule.needs(use.number, coming, start, before)


@pytest.mark.parametrize("rule", RULES[:-1])
def test_no_more_frames_are_needed_than_it_says(rule):
    for coming in range(1, 40):
        assert sum(rule.needs(frame, coming, 0, ()) for frame in range(coming)) <= rule.num_frames


def test_references_of_mast():
    rule, given_again = ChosenFrames((0, 5, -5, -3, -1), is_unrestricted=True), {3: (), 10: (9,), 20: (9,)}
    chosen = [
        [(use.number, use.is_unrestricted) for use in rule.uses(number, 2, again)]
        for number, again in given_again.items()
    ]
    assert chosen == [
        [(2, True)],
        [(2, True), (5, False), (7, False), (9, True)],
        [(2, True), (7, False), (9, True), (15, False), (17, False), (19, False)],
    ]


def test_a_configuration_has_its_rule():
    assert context_rule(LabelPropagationConfig()) == RecentFrames(20, is_unrestricted=True)
    some = LabelPropagationConfig(references=(0, -1), first_frame_unrestricted=False)
    assert context_rule(some) == ChosenFrames((0, -1), is_unrestricted=False)
    assert context_rule(LabelPropagationConfig(references="all")) == ChosenFrames(None, is_unrestricted=True)
