"""The modals: declaring with a title, why a letter is rejected, how it stands. Shapes: docs.slack.dev, modals."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tocsin.actions.declaring import LONGEST_TITLE, SEVERITIES, Declaration, severity_of, title_of
from tocsin.actions.offers import PARTS
from tocsin.actions.updating import LONGEST_PART
from tocsin.actors import in_slack
from tocsin.app import App
from tocsin.domain.errors import Refused
from tocsin.domain.facts import parse_fact
from tocsin.domain.moments import iso
from tocsin.domain.offers import Offer, parsed
from tocsin.domain.records import in_language
from tocsin.rendering.words import Words
from tocsin.slackapp.received import Received
from tocsin.slackapp.typed import after_verb, verb_of
from tocsin.slackapp.wording import words_for

DECLARE, REJECT, UPDATE = "tocsin:declare", "tocsin:reject", "tocsin:update"
#: Most options of a select, and characters of an option (docs.slack.dev, reference/block-kit).
_MOST, _LONGEST_OPTION, _LONGEST_REASON = 100, 75, 1500


def wanted(it: Received) -> bool:
    """Whether this is answered by a modal, which Slack opens within 3 seconds or never."""
    if it.kind == "command":
        return verb_of(it) == "declare"
    return it.kind == "click" and it.action.get("action_id") in (REJECT, UPDATE)


def view_for(app: App, it: Received) -> dict[str, Any]:
    """The modal that a command or a click asks for, in the words of who asked."""
    words = words_for(app, in_slack(app, it.user))
    if it.kind == "click":
        return _update(words, it) if it.action.get("action_id") == UPDATE else _rejection(words, it)
    return _declaration(app, words, after_verb(it)[:LONGEST_TITLE])


def mistakes(app: App, it: Received) -> dict[str, str]:
    """What is wrong with a modal that was sent off, by its blocks: shown beside them, and it stays open."""
    view = it.payload["view"]
    if view.get("callback_id") == UPDATE:
        words = words_for(app, in_slack(app, it.user))
        return {
            part: words.phrase("say_slack_say_something") for part in PARTS if not stated(view, part).strip()
        }
    if view.get("callback_id") == REJECT:
        words = words_for(app, in_slack(app, it.user))
        return {} if stated(view, "because").strip() else {"because": words.phrase("say_slack_why_rejected")}
    wrong = {}
    for block, look in (("title", _title), ("aware_at", _aware)):
        try:
            look(app, view)
        except Refused as refused:
            wrong[block] = str(refused)
    return wrong


def declaration_of(app: App, view: Mapping[str, Any]) -> Declaration:
    """What the modal says. Refused for what no incident can be declared with."""
    return Declaration(
        _title(app, view),
        type=stated(view, "type") or "unclassified",
        severity=severity_of(stated(view, "severity") or "sev1"),
        aware_at=_aware(app, view),
        restricted=stated(view, "restricted") != "no",
        excluded=_chosen(view, "excluded"),
        drill=app.settings.fenced,
    )


def offered(view: Mapping[str, Any]) -> tuple[Offer, str, str]:
    """(offer, channel and ts of the message with the button) that a modal was opened for."""
    kept = json.loads(view["private_metadata"])
    return parsed(kept["offer"]), kept["channel"], kept["ts"]


def stated(view: Mapping[str, Any], block: str) -> str:
    """The value of one input, empty where nothing was said."""
    element = view.get("state", {}).get("values", {}).get(block, {}).get("value", {})
    option = element.get("selected_option") or {}
    return str(element.get("value") or option.get("value") or "")


def first_asked(view: Mapping[str, Any]) -> str:
    """The first block that asks for something: what is wrong with all of it is shown there."""
    return next(str(block["block_id"]) for block in view["blocks"] if block["type"] == "input")


def _chosen(view: Mapping[str, Any], block: str) -> list[str]:
    element = view.get("state", {}).get("values", {}).get(block, {}).get("value", {})
    return [str(option["value"]) for option in element.get("selected_options") or ()]


def _title(app: App, view: Mapping[str, Any]) -> str:
    return title_of(stated(view, "title"))


def _aware(app: App, view: Mapping[str, Any]) -> datetime | None:
    element = view.get("state", {}).get("values", {}).get("aware_at", {}).get("value", {})
    seconds = element.get("selected_date_time")
    if not seconds:
        return None
    moment = datetime.fromtimestamp(int(seconds), UTC)
    parse_fact("aware_at", iso(moment), app.now())
    return moment


def _declaration(app: App, words: Words, title: str) -> dict[str, Any]:
    types = sorted(app.catalog.types.values(), key=lambda type_: type_.id != "unclassified")
    kinds = [(type_.id, in_language(type_.title, words.language)) for type_ in types]
    people = [(person.id, person.name) for person in app.catalog.contacts.people]
    yes_no = [(each, words.phrase(f"say_slack_{each}")) for each in ("yes", "no")]
    severities = [(each, each.upper()) for each in SEVERITIES]
    text = {"type": "plain_text_input", "max_length": LONGEST_TITLE}
    blocks = [
        _asked(words, "title", text | ({"initial_value": title} if title else {}), needed=True),
        _asked(words, "type", _one_of(kinds)),
        _asked(words, "severity", _one_of(severities)),
        _asked(words, "restricted", _one_of(yes_no)),
    ]
    if people and len(people) <= _MOST:
        blocks.append(_asked(words, "excluded", {"type": "multi_static_select", "options": _options(people)}))
    blocks.append(_asked(words, "aware_at", {"type": "datetimepicker"}))
    return _modal(words, DECLARE, "declare", blocks, "")


def _rejection(words: Words, it: Received) -> dict[str, Any]:
    offer, kept = _kept(it)
    reason = {"type": "plain_text_input", "multiline": True, "max_length": _LONGEST_REASON}
    what = words.phrase("say_slack_rejecting", notice=offer.subject, digest=offer.stand[:12])
    blocks = [
        {"type": "section", "text": {"type": "plain_text", "text": what, "emoji": False}},
        _asked(words, "because", reason, needed=True),
    ]
    return _modal(words, REJECT, "reject", blocks, kept)


def _update(words: Words, it: Received) -> dict[str, Any]:
    text = {"type": "plain_text_input", "multiline": True, "max_length": LONGEST_PART}
    blocks = [_asked(words, part, text, needed=True) for part in PARTS]
    return _modal(words, UPDATE, "update", blocks, _kept(it)[1])


def _kept(it: Received) -> tuple[Offer, str]:
    """The offer of a click, and what its modal keeps of it: the offer, and where the button is."""
    offer, message = parsed(str(it.action.get("value", ""))), it.payload.get("message") or {}
    return offer, json.dumps({"offer": offer.value, "channel": it.channel, "ts": message.get("ts", "")})


def _modal(
    words: Words, callback: str, name: str, blocks: list[dict[str, Any]], private: str
) -> dict[str, Any]:
    def text(key: str) -> dict[str, Any]:
        return {"type": "plain_text", "text": words.phrase(f"say_slack_{key}"), "emoji": False}

    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": private,
        "title": text(f"{name}_title"),
        "submit": text(f"{name}_submit"),
        "close": text("cancel"),
        "blocks": blocks,
    }


def _asked(words: Words, block: str, element: dict[str, Any], *, needed: bool = False) -> dict[str, Any]:
    label = {"type": "plain_text", "text": words.phrase(f"say_slack_ask_{block}"), "emoji": False}
    asked = {"type": "input", "block_id": block, "optional": not needed, "label": label}
    return asked | {"element": element | {"action_id": "value"}}


def _one_of(choices: Sequence[tuple[str, str]]) -> dict[str, Any]:
    options = _options(choices)
    return {"type": "static_select", "options": options, "initial_option": options[0]}


def _options(choices: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {"value": value, "text": {"type": "plain_text", "text": name[:_LONGEST_OPTION], "emoji": False}}
        for value, name in choices[:_MOST]
    ]
