"""What Prefect is shown of an incident: every entry as a short line, and nothing that anybody wrote."""

from tests.story import Story
from tocsin.views.happened import happened

CANARY = "Zanzibar canary 7791"


def test_every_entry_is_a_line_of_its_phase_with_who_and_what_and_no_words(tale: Story) -> None:
    tale.declare(CANARY).as_("linh").ack()
    tale.as_("linh").done("1.1", note=CANARY)
    tale.as_("linh").skip("S2", because=CANARY)
    tale.as_("an").learn({"measures_taken": {"en": CANARY}, "risk": "high"}, source=CANARY)
    tale.as_("linh").note(CANARY)

    seq, lines = happened(tale.app, tale.key, after=0)

    told = {(line.phase, line.words) for line in lines}
    assert seq == tale.incident.head_seq
    assert {
        ("declare", "Declared, by linh"),
        ("declare", "Paged: incident-commander, linh"),
        ("declare", "Acknowledged: incident-commander, linh, by linh"),
        ("contain", "Step done: 1.1, by linh"),
        ("contain", "Status entered: containment"),
        ("recover", "Step skipped: S2, by linh"),
        ("assess", "Fact learned: risk, by an"),
        ("declare", "Noted, by linh"),
    } <= told
    assert CANARY not in str(lines)
    assert "high" not in str(lines)


def test_what_was_seen_is_not_told_again(tale: Story) -> None:
    tale.declare()
    seq, _ = happened(tale.app, tale.key, after=0)
    assert happened(tale.app, tale.key, after=seq) == (seq, [])
    tale.as_("linh").note("more")
    assert [line.words for line in happened(tale.app, tale.key, after=seq)[1]] == ["Noted, by linh"]
