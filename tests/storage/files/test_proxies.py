"""Proxies of the environment: this machine is reached without them, others never around them."""

import os
import urllib.request

import httpx
import pytest

from shls_core.errors import InputError
from storage.files.location import locate
from storage.files.proxies import proxies_in_use, reach_loopback_directly, refuse_unusable_proxy

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in (*NAMES, *map(str.upper, NAMES), "SHLS_UNUSABLE_PROXY"):
        monkeypatch.setenv(name, "")  # put back afterwards, also where it was not set
        monkeypatch.delenv(name)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("kept", [None, "intranet.example, 10.0.0.0/8"])
def test_this_machine_is_reached_directly_and_others_through_the_proxy(monkeypatch, name, kept):
    monkeypatch.setenv(name, "http://192.0.2.7:3128")
    if kept:
        monkeypatch.setenv("no_proxy", kept)
    reach_loopback_directly()
    reach_loopback_directly()
    for host in ("127.0.0.1", "localhost", "::1"):
        assert urllib.request.proxy_bypass_environment(host)
        assert os.environ["NO_PROXY"].split(",").count(host) == 1
    assert not urllib.request.proxy_bypass_environment("photographs.example")
    assert urllib.request.getproxies_environment()[name.lower().removesuffix("_proxy")] == os.environ[name]
    if kept:
        assert urllib.request.proxy_bypass_environment("intranet.example")


def test_without_proxies_nothing_is_set(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    reach_loopback_directly()
    assert os.environ["NO_PROXY"] == "intranet.example"
    assert "no_proxy" not in os.environ


def test_a_star_excepts_everything_already(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.7:3128")
    monkeypatch.setenv("NO_PROXY", "*")
    reach_loopback_directly()
    assert os.environ["NO_PROXY"] == "*"


@pytest.mark.parametrize("proxy", ["socks://192.0.2.7:1080/", "socks4://me:secret@192.0.2.7", "nonsense://x"])
def test_a_proxy_that_nobody_speaks_stops_no_client_and_is_not_gone_around(monkeypatch, proxy):
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises((ValueError, ImportError)):
        httpx.Client()
    reach_loopback_directly()
    httpx.Client().close()
    refuse_unusable_proxy("http://127.0.0.1:4200/api", "Prefect's server")
    with pytest.raises(InputError, match=r"^expected a proxy by http:// to reach the bucket at ") as raised:
        locate("s3://bucket/store")
    assert "secret" not in str(raised.value)
    assert "ALL_PROXY=" in proxies_in_use()[1]
    monkeypatch.setenv("NO_PROXY", "s3.amazonaws.com")
    monkeypatch.setenv("no_proxy", "s3.amazonaws.com")
    locate("s3://bucket/store")


def test_a_proxy_of_the_scheme_goes_before_one_for_all(monkeypatch):
    monkeypatch.setenv("all_proxy", "socks4://192.0.2.7:1080")
    monkeypatch.setenv("https_proxy", "http://192.0.2.7:3128")
    reach_loopback_directly()
    locate("s3://bucket/store")
    assert proxies_in_use() == (
        "https_proxy=http://192.0.2.7:3128",
        "all_proxy=socks4://192.0.2.7:1080",
    )
