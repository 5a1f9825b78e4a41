"""Who is notified: addresses in an environment variable, kept encrypted by Prefect's server.

An address may hold a password or a token, so it is no option of a command: those show in lists of processes.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from prefect.blocks.notifications import SlackWebhook
from prefect.blocks.webhook import Webhook
from prefect.events.actions import CallWebhook, SendNotification
from prefect.types import SecretDict
from pydantic import SecretStr

from flows.schedule.words import Words
from shls_core.errors import InputError

VARIABLE = "SHLS_NOTIFY"
_NOBODY = "nobody"
_BLOCK = "shls-notify"


@dataclass(frozen=True)
class Address:
    """Where notifications go: a webhook, or another service of Apprise, as e-mail."""

    url: str

    @property
    def is_webhook(self) -> bool:
        """Whether it takes JSON by HTTP."""
        return self.url.startswith(("http://", "https://"))

    def block(self) -> Webhook | SlackWebhook:
        """Return the block with which Prefect's server reaches it."""
        if self.is_webhook:
            headers = SecretDict({"Content-Type": "application/json"})
            return Webhook(url=SecretStr(self.url), headers=headers)
        # Of Prefect's own blocks, the one that hands an address which is not Slack's to Apprise as it is.
        return SlackWebhook(url=SecretStr(self.url))

    def saved(self, number: int) -> "Recipient":
        """Save its block under a name of its own, or replace what has that name."""
        return Recipient(self.block().save(f"{_BLOCK}-{number}", overwrite=True), self.is_webhook)


@dataclass(frozen=True)
class Recipient:
    """An address that Prefect's server keeps."""

    block_id: object
    is_webhook: bool

    def action(self, words: Words) -> CallWebhook | SendNotification:
        """Return the action that notifies it."""
        if self.is_webhook:
            return CallWebhook.model_validate({"block_document_id": self.block_id, "payload": words.json()})
        return SendNotification.model_validate(
            {"block_document_id": self.block_id, "subject": words.subject, "body": words.body}
        )


def addresses(environment: Mapping[str, str] = os.environ) -> list[Address] | None:
    """Return the addresses that `VARIABLE` names, separated by spaces; None if it is not set.

    Raises
    ------
    InputError
        If one is no address; its text is not repeated.
    """
    given = environment.get(VARIABLE, "").split()
    if not given:
        return None
    if given == [_NOBODY]:
        return []
    for number, url in enumerate(given, start=1):
        if not re.match(r"[a-z][a-z0-9+.-]*://.", url):
            raise InputError(
                f"expected {VARIABLE} to be addresses as https://HOST/PATH or "
                "mailtos://USER:PASSWORD@HOST?to=WHOM, separated by spaces, or "
                f"{_NOBODY}; the address number {number} is none"
            )
    return [Address(url) for url in given]
