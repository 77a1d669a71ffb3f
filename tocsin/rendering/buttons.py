"""What an offer is called, and how it looks in Slack: one button, asked once more where it weighs.

Limits: docs.slack.dev/reference/block-kit: text of a button 75 characters, of a dialog's title 100, text 300, its
buttons 30.
"""

from collections.abc import Iterable
from typing import Any

from tocsin.domain.offers import Deed, Offer
from tocsin.rendering.words import Words

LONGEST_LABEL = 75
_LONGEST_TITLE, _LONGEST_QUESTION, _LONGEST_ANSWER = 100, 300, 30
_STYLES: dict[Deed, str] = {
    "ack": "primary",
    "take": "primary",
    "done": "primary",
    "approve": "primary",
    "countersign": "primary",
    "reject": "danger",
    "confirm": "primary",
}
#: What is asked once more. A rejection is not: the reason is asked for, which is question enough.
_WEIGHS: tuple[Deed, ...] = ("take", "approve", "countersign", "confirm")
#: Digits of a digest that a person can compare.
_DIGITS = 12


def label(offer: Offer, words: Words) -> str:
    """What the button or the link says: `Acknowledge as incident commander`."""
    # A company's own words may be older than this offer; the message goes out all the same.
    return _cut(_said(f"offer_{offer.deed}", offer, words) or f"{offer.deed} {offer.subject}", LONGEST_LABEL)


def reading(offer: Offer, words: Words) -> str:
    """What the link to the letters of an approval or a countersignature says."""
    return _cut(_said("offer_read", offer, words) or f"read {offer.subject}", LONGEST_LABEL)


def warns(offer: Offer) -> str:
    """`danger` where a button or a link warns of what it does; else empty."""
    style = _STYLES.get(offer.deed, "")
    return style if style == "danger" else ""


def question(offer: Offer, words: Words) -> str:
    """What is asked before it is done; empty where it does not weigh."""
    if offer.deed not in _WEIGHS:
        return ""
    return _cut(_said(f"offer_{offer.deed}_sure", offer, words), _LONGEST_QUESTION)


def buttons(offers: Iterable[Offer], words: Words) -> list[dict[str, Any]]:
    """The offers as elements of an actions block. A click sends `action_id` and `value`: `offers.parsed` reads it."""
    return [_button(offer, words) for offer in offers]


def rows(elements: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The elements as actions blocks: Slack takes an `action_id` once in a block, and two steps may both be done."""
    found: list[dict[str, Any]] = []
    for element in elements:
        named = element.get("action_id")
        room = (each for each in found if all(one.get("action_id") != named for one in each["elements"]))
        block = next(room, None)
        if block is None:
            found.append(block := {"type": "actions", "elements": []})
        block["elements"].append(element)
    return found


def _button(offer: Offer, words: Words) -> dict[str, Any]:
    named = label(offer, words)
    button: dict[str, Any] = {
        "type": "button",
        "action_id": f"tocsin:{offer.deed}",
        "text": _plain(named),
        "value": offer.value,
    }
    if style := _STYLES.get(offer.deed):
        button["style"] = style
    if asked := question(offer, words):
        button["confirm"] = {
            "title": _plain(_cut(named, _LONGEST_TITLE)),
            "text": _plain(asked),
            "confirm": _plain(_cut(_said("offer_yes", offer, words) or "Yes", _LONGEST_ANSWER)),
            "deny": _plain(_cut(_said("offer_no", offer, words) or "No", _LONGEST_ANSWER)),
        }
    return button


def _said(phrase: str, offer: Offer, words: Words) -> str:
    """The phrase about an offer; empty where these words lack it."""
    if phrase not in words.entries["phrases"]:
        return ""
    role, about = words.choice("office", offer.subject), offer.subject
    return words.phrase(phrase, role=role, step=about, notice=about, digest=offer.stand[:_DIGITS])


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
