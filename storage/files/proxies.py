"""Proxies of the environment: never for this machine itself, and never dropped in silence for others."""

import os
import urllib.parse
import urllib.request
from collections.abc import Callable, MutableMapping

from shls_core.errors import InputError

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_SET_ASIDE = "SHLS_UNUSABLE_PROXY"
"""The variable that holds, for this process and its children, the proxies that were set aside."""


def reach_loopback_directly(environment: MutableMapping[str, str] = os.environ) -> None:
    """Except this machine from proxies: Prefect's server, Ray and their clients speak through loopback.

    Hosts that the user excepts stay excepted. A proxy in a scheme that Prefect's client cannot speak (SOCKS,
    without the package socksio) would stop every client that is made, also one for loopback. It is set aside:
    `refuse_unusable_proxy` reports it to whoever needs a host outside.
    """
    if not any(environment.get(name) for name in _spelt()):
        return
    for name, other in (("no_proxy", "NO_PROXY"), ("NO_PROXY", "no_proxy")):
        hosts = _hosts(environment.get(name) or environment.get(other, ""))
        if "*" not in hosts:
            missing = [host for host in _LOOPBACK if host not in hosts]
            environment[name] = ",".join([*hosts, *missing])
    aside = [
        f"{name}={environment.pop(name)}"
        for name in _spelt()
        if environment.get(name) and not _is_usable(environment[name])
    ]
    if aside:
        environment[_SET_ASIDE] = " ".join(aside)


def refuse_unusable_proxy(address: str, what: str) -> None:
    """Raise if a host is to be reached through a proxy that was set aside: it is never gone around.

    Parameters
    ----------
    address
        A URL.
    what
        What is to be reached there, for the message.

    Raises
    ------
    InputError
        If the environment names a proxy for it whose scheme cannot be spoken.
    """
    aside = os.environ.get(_SET_ASIDE)
    parsed = urllib.parse.urlsplit(address)
    if not aside or not parsed.hostname or _is_excepted(parsed.hostname):
        return
    if os.environ.get(f"{parsed.scheme}_proxy") or os.environ.get(f"{parsed.scheme}_proxy".upper()):
        return
    raise InputError(
        f"expected a proxy by http:// to reach {what} at {parsed.hostname}, got {_without_password(aside)}; "
        f"HTTPS_PROXY=http://host:port names one, NO_PROXY={parsed.hostname} goes around it"
    )


def proxies_in_use() -> tuple[str, str]:
    """Return the proxies that are used, and those that were set aside, as ``NAME=scheme://host:port …``."""
    used = [f"{name}={os.environ[name]}" for name in _spelt() if os.environ.get(name)]
    return _without_password(" ".join(used)), _without_password(os.environ.get(_SET_ASIDE, ""))


def _spelt() -> list[str]:
    return [spelt for name in _PROXIES for spelt in (name, name.upper())]


def _hosts(listed: str) -> list[str]:
    return [host.strip() for host in listed.split(",") if host.strip()]


def _is_usable(proxy: str) -> bool:
    import httpx

    try:
        httpx.HTTPTransport(proxy=proxy if "://" in proxy else f"http://{proxy}", verify=False).close()
    except (ImportError, ValueError, httpx.InvalidURL):
        return False
    return True


def _is_excepted(host: str) -> bool:
    bypass: Callable[[str], object] = vars(urllib.request)["proxy_bypass_environment"]  # untyped
    return bool(bypass(host))


def _without_password(aside: str) -> str:
    """Return ``NAME=scheme://host:port`` of each proxy, without user and password."""
    named = []
    for part in aside.split():
        name, _, proxy = part.partition("=")
        scheme, separator, rest = proxy.rpartition("://")
        named.append(f"{name}={scheme}{separator}{rest.rpartition('@')[2]}")
    return " ".join(named)
