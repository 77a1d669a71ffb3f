"""Addresses: the engine's textual test loses nothing that the exact test would find."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.scope.values import network
from tocsin.scoping.addresses import READABLE, beginnings, lies_in


def spellings(address: IPv4Address | IPv6Address) -> list[str]:
    """The ways in which servers write an address."""
    if isinstance(address, IPv6Address):
        short, long = str(address), address.exploded
        bare = ":".join(group.lstrip("0") or "0" for group in long.split(":"))
        return [
            short,
            long,
            bare,
            short.upper(),
            f"[{short}]",
            f"[{long}]:8443",
            f"{short}%eth0",
            f" {short} ",
        ]
    octets = address.packed
    hexadecimal = f"{octets[0] << 8 | octets[1]:x}:{octets[2] << 8 | octets[3]:x}"
    dotted = str(address)
    mapped = [
        f"::ffff:{dotted}",
        f"::FFFF:{dotted}",
        f"0:0:0:0:0:ffff:{dotted}",
        f"0::ffff:{dotted}",
        f"::ffff:{hexadecimal}",
    ]
    mapped.append(IPv6Address(f"::ffff:{dotted}").exploded)
    return [dotted, f"{dotted}:443", *mapped, f"[{mapped[0]}]:443", f"[{mapped[-1]}]"]


v4 = st.integers(0, 2**32 - 1).map(IPv4Address)
v6 = st.one_of(
    st.integers(0, 2**128 - 1),
    # Leading, inner and trailing zero groups: where `::` may stand.
    st.lists(st.sampled_from([0, 0, 1, 0xDB8, 0x2001, 0xFFFF]), min_size=8, max_size=8).map(
        lambda groups: sum(group << 16 * place for place, group in enumerate(groups))
    ),
).map(IPv6Address)


@given(address=v4, length=st.integers(0, 32), spelling=st.integers(0, 9))
def test_no_v4_address_is_lost(address, length, spelling):
    block = ip_network((address, length), strict=False)
    text = spellings(address)[spelling]
    assert re.search(beginnings([block]), text)
    assert lies_in(text, [block])
    assert re.search(READABLE, text)


@given(address=v6, length=st.integers(0, 128), spelling=st.integers(0, 7))
def test_no_v6_address_is_lost(address, length, spelling):
    block = ip_network((address, length), strict=False)
    text = spellings(address)[spelling]
    assert re.search(READABLE, text)
    if address.ipv4_mapped is None:
        assert re.search(beginnings([block]), text)
        assert lies_in(text, [block])


@given(
    block=v4.flatmap(
        lambda address: st.integers(1, 32).map(lambda n: ip_network((address, n), strict=False))
    ),
    other=v4,
)
def test_the_exact_test_lets_nothing_else_through(block, other):
    assert lies_in(str(other), [block]) == (other in block)


@given(
    addresses=st.lists(st.one_of(v4, v6), min_size=1, max_size=4),
    lengths=st.lists(st.integers(0, 128), min_size=4, max_size=4),
    spelling=st.integers(0, 7),
    wrapped=st.sampled_from(["{}", '"{}"', "'{}'", ' "{}" ']),
    between=st.sampled_from([",", ", ", " , "]),
)
def test_each_address_of_a_list_is_found_quoted_or_not(addresses, lengths, spelling, wrapped, between):
    text = between.join(wrapped.format(spellings(each)[spelling]) for each in addresses)
    assert re.search(READABLE, text)
    for address, length in zip(addresses, lengths, strict=False):
        block = network(f"{address}/{min(length, address.max_prefixlen)}")
        mapped = getattr(address, "ipv4_mapped", None)
        if mapped is None or block.version == 4:
            assert lies_in(text, [block])
            assert re.search(beginnings([block]), text)


pieces = st.sampled_from(
    [
        "0",
        "1",
        "203",
        "255",
        "256",
        "007",
        ".",
        ".",
        ":",
        "::",
        "ffff",
        "a",
        "[",
        "]",
        ",",
        " ",
        '"',
        "%e",
        "-",
        "/",
    ]
)


@given(text=st.lists(pieces, max_size=16).map("".join))
def test_what_counts_as_readable_can_be_read_to_its_end(text):
    everything = [IPv4Network("0.0.0.0/0"), ip_network("::/0")]
    if re.search(READABLE, text):
        assert all(lies_in(each, everything) for each in text.split(","))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "unknown",
        "203.0.113.7.example.com",
        "203.0.113.007",
        "203.0.113",
        "1.2.3.4.5",
        "::ffff:999.0.0.1",
    ],
)
def test_what_is_no_address_lies_nowhere_and_is_not_readable(text):
    assert not re.search(READABLE, text)
    assert not lies_in(text, [IPv4Network("0.0.0.0/0"), ip_network("::/0")])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("203.0.113.77/24", "203.0.113.0/24"),
        (" 203.0.113.7 ", "203.0.113.7/32"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("::FFFF:cb00:7107", "203.0.113.7/32"),
        ("2001:DB8::1/32", "2001:db8::/32"),
        ("::/0", "::/0"),
    ],
)
def test_a_block_is_read_as_it_is_meant(text, meant):
    assert str(network(text)) == meant


def test_the_textual_test_is_narrow():
    pattern = beginnings([ip_network("203.0.113.64/28")])
    assert not re.search(pattern, "203.0.113.80")
    assert not re.search(pattern, "203.0.11.64")
    assert not re.search(pattern, "1203.0.113.64")


@pytest.mark.parametrize("block", ["::/0", "::ffff:0:0/95", "::/64", "::/80"])
@pytest.mark.parametrize("text", ["::ffff:1.2.3.4", "1.2.3.4", "::ffff:102:304", "2001:db8::1, 1.2.3.4:443"])
def test_a_block_of_v6_holds_the_mapped_addresses_that_lie_in_it(block, text):
    blocks = [network(block)]
    assert re.search(beginnings(blocks), text)
    assert lies_in(text, blocks)


def test_a_block_of_v6_beside_the_mapped_addresses_holds_none_of_v4():
    for block in ("::/96", "2001:db8::/32", "::fffe:0:0/96"):
        assert not lies_in("::ffff:1.2.3.4", [network(block)])
        assert not lies_in("1.2.3.4", [network(block)])
