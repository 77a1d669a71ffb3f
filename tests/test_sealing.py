"""Sealing: what was sealed for one row opens for that row and key alone."""

import base64
import os
import stat
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.errors import Refused
from tocsin.sealing import KEY_BYTES, Keyring, commitment, commits_to, keyed_digest, seal, unseal

KEY, OTHER = b"k" * KEY_BYTES, b"o" * KEY_BYTES


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_was_sealed_opens_again(plain, context):
    assert unseal(KEY, seal(KEY, plain, context), context) == plain


def test_the_same_words_never_look_the_same_twice():
    assert seal(KEY, b"x", "row") != seal(KEY, b"x", "row")


@pytest.mark.parametrize(("key", "context"), [(OTHER, "row/1"), (KEY, "row/2")])
def test_another_key_or_another_row_opens_nothing(key, context):
    with pytest.raises(Refused, match="cannot be opened: another key, or changed bytes"):
        unseal(key, seal(KEY, b"x", "row/1"), context)


@pytest.mark.parametrize("left", [0, 5, 11, 12, 20])
def test_bytes_that_were_cut_short_are_refused_like_changed_ones(left):
    with pytest.raises(Refused, match="row cannot be opened"):
        unseal(KEY, seal(KEY, b"x", "row")[:left], "row")


@given(st.integers(0, 40))
def test_one_changed_bit_anywhere_shows(place):
    sealed = bytearray(seal(KEY, b"a few words here", "row"))
    sealed[place % len(sealed)] ^= 1
    with pytest.raises(Refused):
        unseal(KEY, bytes(sealed), "row")


def test_a_commitment_opens_with_its_salt_and_for_its_text_alone():
    words = commitment(b"salt", "Nguyễn called")
    assert commits_to(words, b"salt", "Nguyễn called")
    assert not commits_to(words, b"salt", "nobody called")
    assert not commits_to(words, b"pepper", "Nguyễn called")


def test_a_keyed_digest_is_none_that_anybody_could_guess():
    assert keyed_digest(KEY, b"c1@example.org") != keyed_digest(OTHER, b"c1@example.org")


def test_the_master_key_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "keys" / "master.key"
    ring = Keyring.open(path)
    assert Keyring.open(path) == ring
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["master.key"]


def test_two_first_starts_at_once_agree_on_one_master_key(tmp_path):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(Keyring.open(tmp_path / "master.key"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({ring.master for ring in found}) == 1


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 40, base64.b64encode(b"x" * 31)])
def test_a_file_that_is_no_key_is_refused_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "master.key"
    path.write_bytes(content)
    with pytest.raises(Refused, match="is not a master key"):
        Keyring.open(path)
    assert path.read_bytes() == content


def test_a_wrapped_key_opens_for_its_incident_and_purpose_alone(tmp_path):
    ring = Keyring.open(tmp_path / "master.key")
    wrapped = ring.wrap(KEY, "INC-1", "people")
    assert ring.unwrap(wrapped, "INC-1", "people") == KEY
    for incident, purpose in (("INC-2", "people"), ("INC-1", "record")):
        with pytest.raises(Refused):
            ring.unwrap(wrapped, incident, purpose)
    with pytest.raises(Refused):
        Keyring(os.urandom(KEY_BYTES)).unwrap(wrapped, "INC-1", "people")
