"""No customer's data in Slack, ever: a whole incident about one customer, and every verb asked about it."""

import json
import re

import pytest

from tests.engine.test_canary import CANARIES, READER, sung
from tests.slackapp.conftest import House
from tests.story import KINDS, WORDS
from tocsin import actions
from tocsin.domain.notice import CUSTOMERS
from tocsin.domain.scope.question import Listed, Question
from tocsin.slackapp.verbs import VERBS

#: What people write in many ways, as one may: a birthday, a telephone, a card, an address, a session. Heard without
#: whatever parts their letters and digits.
WRITTEN = (
    "Sinh ngày 25-12-1987 / 1987-12-25 / 12/25/1987, +84–912–345–678 or 84.912.345.678, card 4111–1111–1111–1111, "
    'an.zeisig[at]example[.]com, "zeisig an"@example.com, session=3f9a8b7c6d5e4f3a so_live_9f8e7d, '
    "hxxp://203[.]0[.]113[.]7, 203-0-113-7.dsl.example.net, has called"
)
HEARD = ("25121987", "19871225", "12251987", "912345678", "4111", "zeisig", "3f9a8b", "9f8e7d", "2030113")


@pytest.fixture
def told(house: House) -> House:
    """Scoped, noted about, drafted, approved and sent."""
    story = house.story
    story.with_customers(3, c2=READER, c3={"email": "zeisig@example.org"})
    story.declare(f"{READER['name']} is on a forum")
    for person in ("linh", "an"):
        story.as_(person).ack()
    people = tuple(Listed(who=each, kinds=KINDS) for each in ("c1", READER["email"], "c3"))
    actions.scope(story.app, story.actor("giang"), story.key, Question(people=people))
    story.as_("an").learn(WORDS, source=f"call with {READER['name']}")
    story.as_("linh").note(f"{READER['name']} <{READER['email']}> called about canary_cus_77")
    story.as_("linh").page("minh", because=f"{READER['email']} from 198.51.100.77 has called")
    story.as_("linh").page("giang", because=WRITTEN)
    story.as_("linh").update(
        f"{READER['email']} has called", "Call +84 912 345 678", "soa_live_canary_0123456789 revoked"
    )
    story.approve().as_("an").release(CUSTOMERS)
    story.settle()
    house.hush()
    return house


def test_no_canary_sings_in_slack(told: House) -> None:
    linh = told.member("linh")
    asked = {
        "take": "take incident-commander",
        "hand": "hand incident-commander minh",
        "page": "page minh",
        "note": "note x",
        "learn": "learn our_role=controller me",
        "done": "done C2",
        "skip": "skip C3 since it is done",
        "undo": "undo C2 since it is not",
        "set": "set severity sev2 since it is less",
        "confirm": "confirm",
        "decline": f"decline {told.story.key} since it is none",
        "update": "update contained | tokens revoked | none",
        "silence": "silence email since it is read",
    }
    for verb in VERBS:
        linh.type(asked.get(verb, verb))
        told.settled()
    told.hush()
    everything = [heard.text for heard in told.workspace.heard]
    everything += [json.dumps([message.text, message.blocks]) for message in told.workspace.messages]
    everything += [json.dumps(view) for view in told.workspace.views.values()]
    everything += [room.topic + room.name + room.purpose for room in told.workspace.workspace.rooms.values()]
    assert len(told.workspace.heard) > len(VERBS)
    assert [text for text in everything if sung(text.encode())] == []
    bare = [re.sub(r"\\u[0-9a-f]{4}|[\W_]", "", text) for text in everything]
    assert [text for text in bare if any(bird in text for bird in HEARD)] == []
    assert any("Sinhng" in text for text in bare)
    assert CANARIES
