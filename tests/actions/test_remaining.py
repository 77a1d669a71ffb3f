"""What `tocsin next` goes on to once no step is left: what the incident waits for, the duties, the end of the file."""

import re

from tests.story import Story
from tocsin.cli.console import Shell
from tocsin.cli.walking import left_lines
from tocsin.views.remaining import remaining

GERMANY = "eu-gdpr/authority/de/controller"
PROMISE = "policy-promise/customers/individuals/controller"


def left(story: Story) -> dict[str, str]:
    return {each.what: each.command for each in remaining(story.app, story.incident, story.clock.moment)}


def test_each_open_duty_is_named_with_the_command_by_which_it_is_met(tale: Story) -> None:
    tale.declare()
    tale.as_("linh").ack()
    tale.as_("an").ack()
    cell = {"role": "controller", "place": "DE", "count": 3, "risk": "risk", "group": ["customers"]}
    tale.as_("an").learn({"cells": [cell]}, source="scope")
    found = left(tale)
    assert found["scope of the affected people"] == f"tocsin scope {tale.key}"
    assert found[GERMANY] == f"tocsin report {tale.key} {GERMANY} --out FILE.pdf"
    assert found[PROMISE] == f"tocsin letters {tale.key}"
    said = "\n".join(left_lines(Shell(tale.app, tale.actor("an")), tale.key))
    assert said.startswith("No step is left that can be done now. What is left:\n")
    assert re.search(rf"OWED    {GERMANY}, \S+ left     tocsin report {GERMANY} --out FILE\.pdf", said)


def test_a_file_is_not_closed_over_what_cannot_be_told_and_of_a_closed_one_nothing_is_left(
    tale: Story,
) -> None:
    tale.declare()
    tale.as_("linh").ack()
    tale.as_("an").ack()
    for key in tale.incident.duties:
        tale.as_("chi").release_duty(key, because="not owed here")
    assert f"tocsin close {tale.key}" not in left(tale).values()
    tale.as_("an").decline(because="a test key")
    assert left(tale) == {}
