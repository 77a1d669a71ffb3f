"""By which ways people were told, in words."""

from collections.abc import Mapping


def ways_words(ways: Mapping[str, int]) -> str:
    """`1,204 by e-mail, 3 by post`: only what somebody was told by."""
    said = [f"{count:,} {_WORDS[way]}" for way, count in ways.items() if count]
    return ", ".join(said)


def way_words(way: str) -> str:
    """`by post`."""
    return _WORDS.get(way, way)


_WORDS = {
    "email": "by e-mail",
    "next-address": "by e-mail to a further address",
    "guardian": "through a guardian",
    "other-letter": "by another letter",
    "in-app": "in our application",
    "post": "by post",
    "public-notice": "by public notice",
    "telephone": "by telephone",
    "text-message": "by text message",
    "in-person": "in person",
    "next-of-kin": "through the next of kin",
    "internal": "in the house",
    "controller": "by the customer for whom we hold the data",
    "otherwise": "in another way",
    "not-owed": "not owed any more",
}
