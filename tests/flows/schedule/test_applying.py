"""Automations are made, kept, replaced and removed by name, on a server."""

import pytest
from prefect.client.orchestration import get_client

from flows.schedule.addresses import Address
from flows.schedule.applying import apply, put_automations
from flows.schedule.automations import HEALING, NOTIFYING, healing, notifying
from shls_core.errors import InputError


@pytest.fixture
def client(prefect_server):
    with get_client(sync_client=True) as client:
        yield client
        put_automations(client, [], {HEALING, NOTIFYING})


def changes(client, wanted, *tags):
    return [one.change for one in put_automations(client, wanted, set(tags))]


def test_what_is_as_declared_is_not_touched_and_what_differs_is_replaced_in_its_place(client):
    assert set(changes(client, healing(60), HEALING)) == {"made"}
    ids = {each.name: each.id for each in client.read_automations()}
    assert set(changes(client, healing(60), HEALING)) == {"unchanged"}
    assert changes(client, healing(90), HEALING) == ["changed"] * 3 + ["unchanged"] * 3
    assert {each.name: each.id for each in client.read_automations()} == ids
    (silent,) = client.read_automations_by_name("shls: a silent run is crashed")
    assert silent.trigger.within.total_seconds() == 270


def test_one_that_was_made_twice_or_paused_is_put_right(client):
    wanted = healing(60)
    changes(client, wanted, HEALING)
    client.create_automation(wanted[0])
    client.pause_automation(client.read_automations_by_name(wanted[2].name)[0].id)
    assert changes(client, wanted, HEALING) == ["unchanged"] * 2 + ["changed"] + ["unchanged"] * 3
    found = client.read_automations()
    assert len(found) == len(wanted)
    assert all(each.enabled for each in found)


def test_notifications_stay_unless_they_are_asked_about(client):
    recipient = Address("http://127.0.0.1:9/hook").saved(1)
    assert set(changes(client, notifying([recipient]), NOTIFYING)) == {"made"}
    assert recipient == Address("http://127.0.0.1:9/hook").saved(1)  # the same block
    assert set(changes(client, healing(60), HEALING)) == {"made"}
    assert {tag for each in client.read_automations() for tag in each.tags} == {HEALING, NOTIFYING}
    assert changes(client, healing(60), HEALING, NOTIFYING)[-3:] == ["removed"] * 3


def test_there_must_be_a_file_to_deploy(tmp_path):
    with pytest.raises(InputError, match=r"prefect.yaml; run this in the checkout"):
        apply(tmp_path / "prefect.yaml")


@pytest.mark.parametrize("action", ["apply", "show"])
def test_a_command_needs_a_server_that_stays(shls, action):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        told = shls("schedule", action)
    assert told.exit_code == 1
    assert "expected PREFECT_API_URL to name a Prefect server" in told.stderr


def test_show_says_that_nothing_is_deployed(shls):
    told = shls("schedule", "show")
    assert told.exit_code == 0
    assert "nothing is deployed; `shls schedule apply` deploys prefect.yaml" in told.stdout
