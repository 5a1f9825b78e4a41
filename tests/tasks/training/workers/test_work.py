"""What workers are asked before they begin, and what is known of them meanwhile."""

import platform

import pytest

from shls_core.errors import StageError
from shls_core.training.state import Validation
from tasks.training.course import Course, FollowedCourse
from tasks.training.workers.mailbox import Mailbox
from tasks.training.workers.work import refuse_other_facts

FACTS = {
    "code_digest": "a" * 64,
    "device_kind": "cpu AVX2",
    "versions": {"numpy": "2.4.6", "torch": "2.13.0"},
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"code_digest": "b" * 64},
            "code digest that the run was begun with, aaaaaaaaaaaa…, got bbbbbbbbbbbb…",
        ),
        ({"device_kind": "cpu AVX512"}, "device kind that the run was begun with, cpu AVX2, got cpu AVX512"),
        (
            {"versions": {"numpy": "2.4.6", "torch": "2.14.0"}},
            "versions that the run was begun with, torch 2.13.0, got torch 2.14.0",
        ),
    ],
)
def test_a_worker_that_would_make_other_weights_is_refused(changed, said):
    refuse_other_facts(FACTS, dict(FACTS))
    with pytest.raises(StageError) as refused:
        refuse_other_facts(FACTS, FACTS | changed)
    assert str(refused.value) == f"expected training workers with the {said} on {platform.node()}"


def test_a_mailbox_keeps_the_order_and_says_when_to_end():
    mailbox = Mailbox()
    assert [mailbox.put(message) for message in "ab"] == [False, False]
    assert (mailbox.take(), mailbox.take()) == (["a", "b"], [])
    mailbox.stop()
    assert mailbox.put("c") is True


def test_a_course_is_followed_by_its_rows():
    course = FollowedCourse([3.0], [])
    assert isinstance(course, Course)
    course.observe({"step": 2, "loss": 2.0})
    course.observe({"step": 2, "validation/J&F": 0.5})
    assert (course.step, course.losses, course.validations) == (2, [3.0, 2.0], [Validation(2, 0.5)])
