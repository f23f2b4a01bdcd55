"""Which addresses may be reached: the rules by themselves, without a socket."""

from ipaddress import ip_address

import pytest

from provisor.connectors.http.guard import AddressRules, check_url, refusal
from provisor.model.errors import Reject


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("169.254.169.254", "metadata"),
        ("169.254.7.1", "link-local"),
        ("100.100.100.200", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("fe80::1", "link-local"),
        ("0.0.0.0", "not the address"),
        ("0.1.2.3", "not the address"),
        ("::", "not the address"),
        ("224.0.0.251", "multicast"),
        ("ff02::1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("::ffff:169.254.169.254", "metadata"),
        ("64:ff9b::a9fe:a9fe", "metadata"),
        ("2002:a9fe:a9fe::1", "metadata"),
        ("::a9fe:a9fe", "metadata"),
    ],
)
def test_never_reached(address: str, why: str) -> None:
    """Addresses that answer about the machine or mean no machine are refused whatever the settings say."""
    assert why in refusal(ip_address(address), AddressRules())


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("10.1.2.3", True),
        ("192.168.0.9", True),
        ("172.16.0.1", True),
        ("100.64.3.2", True),
        ("fd12:3456::1", True),
        ("::ffff:10.0.0.1", True),
        ("93.184.215.14", False),
        ("2606:2800:21f::1", False),
    ],
)
def test_private_ranges_can_be_switched_off(address: str, inside: bool) -> None:
    """Private ranges are refused once they are switched off; the public network is always allowed."""
    assert not refusal(ip_address(address), AddressRules())
    assert bool(refusal(ip_address(address), AddressRules(allow_private=False))) is inside


def test_loopback_can_be_switched_off_apart_from_private_ranges() -> None:
    """This machine has a switch of its own: a bridge beside us is reached, the inner network is not."""
    assert not refusal(ip_address("127.0.0.1"), AddressRules(allow_private=False))
    assert refusal(ip_address("::1"), AddressRules(allow_loopback=False))
    assert refusal(ip_address("::ffff:127.0.0.1"), AddressRules(allow_loopback=False))


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://scim.contoso.example/scim/v2", "https"),
        ("http://10.0.0.5/scim/v2", "https"),
        ("http://2130706433/", "https"),
        ("http://127.1/", "https"),
        ("ftp://localhost/", "web address"),
        ("https:///users", "web address"),
        ("localhost:8080", "web address"),
        ("https://[::1", "valid URL"),
        ("https://host:99999/", "valid URL"),
        ("https://ada:pw@host.example/", "user name or password"),
        ("https://good.example\\@127.0.0.1/", "user name or password"),
        ("https://host.example/\r\nX-Evil: 1", "control characters"),
        ("https://host.example/a b", "spaces"),
        ("https://169.254.169.254/latest", "metadata"),
        ("https://[::ffff:169.254.169.254]/latest", "metadata"),
        ("https://host.example/" + "a" * 20_000, "too long"),
    ],
)
def test_urls_that_are_refused_by_their_text(url: str, word: str) -> None:
    """A URL that is unencrypted, malformed or points where it must not is refused with a sentence."""
    with pytest.raises(Reject, match=word) as caught:
        check_url(url, AddressRules())
    assert caught.value.remedy


@pytest.mark.parametrize("url", ["http://localhost:8080/", "http://127.0.0.7/", "http://[::1]:80/", "https://a.b/"])
def test_urls_that_are_allowed(url: str) -> None:
    """Plain http is for this machine; https for everywhere."""
    assert check_url(url, AddressRules()).hostname
