"""The automations as Prefect's server reads them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from prefect.server.events.schemas.automations import AutomationCore as AsTheServerReads

from flows.schedule.addresses import Address, Recipient, addresses
from flows.schedule.automations import healing, notifying
from flows.schedule.words import CRASHED, FAILED, LATE
from shls_core.errors import InputError


def as_read(automations):
    return [AsTheServerReads.model_validate(each.model_dump(mode="json")) for each in automations]


def test_a_run_is_dead_after_three_heartbeats():
    silent, never_heard, unstarted, *_ = as_read(healing(60))
    assert silent.trigger.within == timedelta(seconds=180)
    assert "prefect.flow-run.heartbeat" in silent.trigger.after & silent.trigger.expect
    assert (silent.actions[0].state, silent.actions[0].force) == ("CRASHED", False)
    # Killed before its first heartbeat; other projects' runs may have none.
    assert never_heard.trigger.after == {"prefect.flow-run.Running"}
    assert "prefect.flow-run.heartbeat" in never_heard.trigger.expect
    assert never_heard.trigger.within == silent.trigger.within
    assert never_heard.trigger.match_related
    assert not silent.trigger.match_related
    assert unstarted.trigger.after == {"prefect.flow-run.Pending"}
    assert unstarted.trigger.within > silent.trigger.within


def test_a_crashed_run_is_started_again_three_times_a_day_of_its_deployment():
    again = [each for each in as_read(healing(60)) if each.actions[0].type == "run-deployment"]
    assert [each.trigger.threshold for each in again] == [1, 2, 3]
    for each in again:
        assert each.trigger.within == timedelta(days=1)
        assert each.trigger.for_each == {"related:deployment:prefect.resource.id"}
        assert each.trigger.expect == {"prefect.flow-run.Crashed"}
        assert each.actions[0].source == "inferred"
        assert "flow_run.parameters" in str(each.actions[0].parameters)


@pytest.mark.parametrize("is_webhook", [True, False])
def test_all_recipients_are_notified_of_what_crashed_failed_or_is_late(is_webhook):
    recipients = [Recipient(uuid4(), is_webhook), Recipient(uuid4(), is_webhook)]
    found = as_read(notifying(recipients))
    events = {event for each in found for event in each.trigger.expect}
    assert events == {f"prefect.flow-run.{state}" for state in ("Crashed", "Failed", "Late")}
    for each in found:
        assert [action.block_document_id for action in each.actions] == [one.block_id for one in recipients]
    assert notifying([]) == []


def test_names_are_different_and_nothing_cancels():
    all_of_them = as_read([*healing(60), *notifying([Recipient(uuid4(), True)])])
    names = [each.name for each in all_of_them]
    assert len(names) == len(set(names))
    assert not any("cancel" in action.type for each in all_of_them for action in each.actions)


@pytest.mark.parametrize("words", [CRASHED, FAILED, LATE], ids=lambda words: words.kind)
def test_words_say_what_to_do_and_where_to_read_on(words, project):
    assert "`" in words.body
    page = (project / "docs" / "operations.md").read_text()
    section = words.body.rpartition("section ")[2].rstrip(".")
    assert f"# {section}" in page


def test_addresses_are_webhooks_or_services_of_apprise():
    found = addresses(
        {"SHLS_NOTIFY": "https://chat.example.org/hook mailtos://user:secret@mail.example.org?to=you"}
    )
    assert [each.is_webhook for each in found] == [True, False]
    assert addresses({}) is None
    assert addresses({"SHLS_NOTIFY": "nobody"}) == []


def test_what_is_no_address_is_refused_without_repeating_it():
    with pytest.raises(InputError, match="number 2") as refused:
        addresses({"SHLS_NOTIFY": "https://chat.example.org/hook secret-token"})
    assert "secret-token" not in str(refused.value)


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise, on import
def test_mail_is_sent_by_the_block_of_its_address(mail):
    block = Address(
        f"mailto://127.0.0.1:{mail.port}/?from=shls@example.org&to=you@example.org&mode=insecure"
    ).block()
    with block.raise_on_failure():
        block.notify(subject="SHLS: nightly failed", body="Read the logs.", _sync=True)
    (message,) = mail.messages
    assert "SHLS: nightly failed" in message
    assert "Read the logs." in message
