"""The verbs `not-notify` and `dissent`."""

from collections.abc import Callable

from tests.cli.conftest import Command

PROMISE = "policy-promise/customers/individuals/controller"


def test_a_duty_is_not_notified_by_the_beginning_of_its_key(tocsin: Command, declared: str) -> None:
    said = tocsin(
        "not-notify", "policy-promise", "--because", "nobody was hit", "--decided-by", "bao", "--advised-by", "chi",
        "--advised-by", "an", "--dissent", "chi would tell them", "--look-again", "2027-01-31", by="an",
    )  # fmt: skip
    assert said.status == 0, said.err
    assert (
        said.out
        == f"{PROMISE} is not notified, decided by bao; look again Sun 31 Jan 2027 09:00 +07 (02:00Z).\n"
    )
    shown = tocsin("show", "--json").json
    (decision,) = shown["not_notified"]
    assert (decision["because"], decision["advised_by"]) == ("nobody was hit", ["chi", "an"])
    assert shown["dissents"][0]["because"] == "chi would tell them"
    assert "decided by bao, advised by chi, an: nobody was hit" in tocsin("timeline").out


def test_an_ended_duty_shows_its_decision_and_not_why_it_was_owed(tocsin: Command, declared: str) -> None:
    owed = tocsin("duties").out
    decide = ("--because", "nobody was hit", "--decided-by", "bao", "--advised-by", "chi")
    tocsin("not-notify", PROMISE, *decide, "--look-again", "2027-01-31", "--dissent", "tell them", by="an")
    said = tocsin("duties").out
    for line in (
        "    not notified: decided by bao, advised by chi, ",
        "    because nobody was hit\n",
        "    dissent of an: tell them\n",
        "    look again Sun 31 Jan 2027",
    ):
        assert line in said, line
    reasons = [line for line in owed.splitlines() if line.startswith("    because ")]
    assert reasons
    assert [line for line in reasons if line in said] == []
    (duty,) = [each for each in tocsin("duties", "--json").json["duties"] if each["key"] == PROMISE]
    assert (duty["decision"]["because"], duty["dissents"][0]["by"]) == ("nobody was hit", "an")
    assert duty["state"] == "not-notified"
    assert [each["state"] for each in tocsin("show", "--json").json["duties"] if each["key"] == PROMISE] == [
        "not-notified"
    ]
    assert PROMISE not in tocsin("law", "calendar").out


def test_the_whole_breach_needs_no_name_and_warns_of_what_the_law_cannot_tell(
    tocsin: Command, declared: str
) -> None:
    assert tocsin("not-notify", PROMISE, "--because", "x", by="bao").status == 0
    said = tocsin("not-notify", "--because", "nobody was hit", by="bao")
    assert (said.status, said.out) == (0, "the breach is not notified, decided by bao.\n")
    assert "the law cannot tell yet" in said.err
    assert tocsin("dissent", "breach", "--because", "I would tell them", by="chi").status == 0
    back = tocsin("not-notify", "--take-back", "--because", "a log turned up", by="bao")
    assert back.out.startswith("the breach is notified after all")
    back = tocsin("not-notify", PROMISE, "--take-back", "--because", "a log turned up", by="bao")
    assert f"REOPENED {PROMISE} due " in back.out
    assert back.out.endswith(", not notified before: decided by bao\n")


def test_bad_input_is_one_line_and_writes_nothing(
    tocsin: Command, declared: str, head: Callable[..., int]
) -> None:
    before = head()
    for words, status, says in (
        (["not-notify", "--because", "x"], 1, "is open; decide of each"),
        (["not-notify", "zz", "--because", "x"], 1, "'zz' is no duty of INC-2026-0001"),
        (["not-notify", "policy-promise", "--because", ""], 1, "--because"),
        (
            ["not-notify", "eu-gdpr/authority/fr/controller", "--because", "x"],
            1,
            "and nothing of eu-gdpr/authority is owed; to decide of the whole rule, name eu-gdpr/authority",
        ),
        (["not-notify", "policy-promise/customers/x/y", "--because", "x"], 1, f"is owed as {PROMISE}"),
        (["not-notify", "eu-gdpr/authrity", "--because", "x"], 1, "no rule; did you mean eu-gdpr/authority?"),
        (
            ["not-notify", "eu-gdpr", "--because", "x"],
            1,
            "is no duty of INC-2026-0001 and no rule; tocsin duties",
        ),
        (
            ["not-notify", "policy-promise", "--because", "x", "--look-again", "2026-02-30"],
            1,
            "there is no day",
        ),
        (["not-notify", "policy-promise", "--because", "x", "--look-again", "soon"], 1, "'soon'"),
        (["not-notify", "policy-promise", "--because", "x", "--look-again", "2020-01-01"], 1, "is past"),
        (["not-notify", "--take-back", "--because", "x"], 1, "nobody decided not to notify 'breach'"),
        (["not-notify", "--take-back", "--look-again", "2027-01-01", "--because", "x"], 2, "alone"),
        (["not-notify", "one", "two", "--because", "x"], 2, "expected [INC] [DUTY]"),
        (["dissent", "--because", "x"], 2, "expected [INC] risk|DUTY"),
        (["dissent", "risk", "--because", "x"], 1, "none was taken yet"),
    ):
        refused = tocsin(*words, by="bao")
        assert (refused.status, refused.out, refused.err.count("\n")) == (status, "", 1), words
        assert says in refused.err, (words, refused.err)
        assert head() == before, words


MILD = (
    "our_role=controller", "categories=identity,contact", "access=viewed", "intent=accidental",
    "recipients=one-bound", "deletion_confirmed=true",
)  # fmt: skip
GRAVE = (
    "recipients=public", "deletion_confirmed=false", "misuse=extortion,publication",
    "categories=identity,contact,health,government-id",
)  # fmt: skip


def decide_all(tocsin: Command) -> None:
    """Whoever may decide decides that all of it is harmless, and one person dissents."""
    assert tocsin("learn", *MILD, "--source", "logs", by="an").status == 0
    assert tocsin("assess", "--decide", "unlikely", "--because", "nobody kept it", by="an").status == 0
    assert tocsin("dissent", "risk", "--because", "I doubt it", by="chi").status == 0
    for duty in tocsin("duties", "--json", by="an").json["duties"]:
        assert tocsin("not-notify", duty["key"], "--because", "harmless", by="bao").status == 0
    assert tocsin("not-notify", "--because", "harmless all of it", by="bao").status == 0


def test_what_the_facts_no_longer_carry_is_said_wherever_one_looks(tocsin: Command, declared: str) -> None:
    decide_all(tocsin)
    assert "DOUBT" not in tocsin("card", by="an").out
    assert tocsin("learn", *GRAVE, "--source", "a forum", by="an").status == 0
    risk = (
        "DOUBT   the risk was decided unlikely, when unlikely was advised; today it is high: "
        "H1: the data were misused: extortion, publication     tocsin assess --decide LEVEL --because ...\n"
    )
    for verb in ("card", "next", "assess", "duties", "show"):
        assert risk in tocsin(verb, by="an").out, verb
    assert tocsin("next", by="an").out.startswith(risk)
    said = tocsin("assess", by="an").out
    for line in ("DECIDED risk unlikely, by an, ", "        because nobody kept it\n", "dissent of chi, "):
        assert line in said, line
    assert "a second look at a doubted decision: risk" in tocsin("list", by="an").out
    shown = tocsin("show", "--json", by="an").json
    assert [each["of"] for each in shown["doubts"]] == [
        "risk",
        *(each["of"] for each in shown["not_notified"]),
    ]
    duties = tocsin("duties", by="an").out
    assert "DECIDED the whole breach not notified, by bao, " in duties
    assert "DOUBT   breach is not notified, which rests on risk unlikely; today it is high" in duties
    assert tocsin("assess", "--json", by="an").json["decided"]["doubt"]["today"] == "high"


def test_the_register_tells_the_advice_of_then_from_that_of_today(tocsin: Command, declared: str) -> None:
    decide_all(tocsin)
    tocsin("learn", *GRAVE, "--source", "a forum", by="an")
    assert "unlikely (advised: high) DOUBT" in tocsin("register", "--drills", by="an").out
    (one,) = tocsin("register", "--drills", "--json", by="an").json["breaches"]
    risk = one["risk"]
    assert (risk["advice"]["level"], risk["advice_today"]["level"]) == ("unlikely", "high")
    assert risk["decided"]["doubted"]


def test_a_breach_taken_back_names_what_stays_silent_by_a_decision_of_its_own(
    tocsin: Command, declared: str
) -> None:
    decide_all(tocsin)
    back = tocsin("not-notify", "--take-back", "--because", "a log turned up", by="bao").out
    assert (
        f"SILENT  {PROMISE} stays not notified, as bao decided     "
        f"tocsin not-notify {PROMISE} --take-back --because ...\n" in back
    )
    (one,) = tocsin("register", "--drills", "--json", by="an").json["breaches"]
    (fallen,) = one["taken_back"]
    assert (fallen["decision"]["of"], fallen["decision"]["because"]) == ("breach", "harmless all of it")
    assert fallen["because"] == "a log turned up"
