"""Released by one person alone, as one sees it at a shell: what is asked, what is loud, and who countersigns."""

from collections.abc import Callable

from tests.cli.conftest import Command
from tests.cli.test_letters import letters
from tests.cli.test_work import on_a_terminal
from tocsin.sinks.mail import MailSink

WHY = "Everybody who may approve is on the plane."


def digest_of(tocsin: Command) -> str:
    return str(tocsin("preview", "customers", "--json", by="an").json["digest"][:12])


def test_breaking_the_glass_is_loud_in_what_every_verb_says(
    tocsin: Command, drafted: str, mail: MailSink
) -> None:
    digest = digest_of(tocsin)
    refused = tocsin("send", "customers", "--break-glass", "--because", WHY, by="bao")
    assert (refused.status, letters(mail)) == (2, [])
    assert f"off a terminal this needs --digest; tocsin preview {drafted} customers shows it" in refused.err
    silent = tocsin("send", "customers", "--break-glass", "--digest", digest, by="bao")
    assert "say why customers must leave without its approvals: --because" in silent.err
    words = ("send", "customers", "--break-glass", "--because", WHY, "--digest", digest, "--key", "k1")
    done, again = tocsin(*words, by="bao"), tocsin(*words, by="bao")
    assert len(letters(mail)) == 4
    assert "the first answer again" in again.err
    loud = "BREAK-GLASS: released by bao alone (0 of 2 approvals), awaits 1 countersignature"
    way = f"customers --digest {digest}"
    for said in (
        done,
        tocsin("card", drafted, by="linh"),
        tocsin("ledger", drafted, "customers", by="an"),
    ):
        (line,) = (line for line in said.out.splitlines() if line.startswith("ALONE"))
        assert loud in line
        assert WHY in line
        assert line.endswith(way)
    shown = tocsin("show", by="an").out
    assert "RELEASED BY ONE PERSON ALONE" in shown
    assert f"break glass, 0 of 2 approvals: {WHY}; countersigned by NOBODY YET" in shown
    assert (
        "BREAK-GLASS: customers by bao ALONE with 0 of 2 approvals (nobody)"
        in tocsin("timeline", by="an").out
    )
    signed = tocsin("approve", "customers", "--digest", digest, by="chi")
    assert "customers, which bao released alone, is countersigned." in signed.out
    assert "ALONE" not in tocsin("card", drafted, by="linh").out
    assert "countersigned by chi" in tocsin("ledger", "customers", by="an").out
    assert tocsin("verify", by="an").status == 0


def test_at_a_terminal_every_letter_is_shown_and_the_digest_typed(
    tocsin: Command, drafted: str, mail: MailSink
) -> None:
    digest = digest_of(tocsin)
    words = ("send", "customers", "--break-glass", "--because", WHY, "--as", "bao")
    status, said = on_a_terminal(*words, typed="yes\n")
    assert (status, letters(mail)) == (1, [])
    assert f"not confirmed; nothing left. Type {digest} to say yes" in said
    _, said = on_a_terminal(*words, typed=f"{digest}\n")
    assert "We revoked the keys." in said
    assert len(letters(mail)) == 4


def test_a_digest_or_a_reason_alone_releases_nothing(tocsin: Command, drafted: str) -> None:
    for words in (("--digest", "0" * 12), ("--because", WHY)):
        said = tocsin("send", "customers", *words, by="an")
        assert (said.status, "--digest and --because go with --break-glass or --alone" in said.err) == (
            2,
            True,
        )


def test_in_the_last_hours_the_card_names_the_way_and_a_deputy_goes_it(
    tocsin: Command, drafted: str, mail: MailSink, leap: Callable[..., None]
) -> None:
    assert "ALONE" not in tocsin("card", by="minh").out
    leap(hours=61)
    tocsin("ring", by="minh")
    said = tocsin("card", by="minh").out
    assert "the last hours of customers have begun: a deputy may release it alone since " in said
    assert f"tocsin send {drafted} customers --alone" in said or "tocsin send customers --alone" in said
    tocsin("send", "customers", "--alone", "--digest", digest_of(tocsin), by="minh")
    assert len(letters(mail)) == 4
    assert (
        "released in the last hours by minh alone (0 of 2 approvals), awaits" in tocsin("card", by="an").out
    )


def test_danger_to_life_is_said_on_the_card(tocsin: Command, drafted: str, mail: MailSink) -> None:
    tocsin("learn", "service_impact=danger", "--source", "the hospital", by="an")
    said = tocsin("card", by="linh").out
    assert "life is in danger (service_impact=danger): one person may release customers now" in said
    tocsin("send", "customers", "--alone", "--digest", digest_of(tocsin), by="linh")
    assert len(letters(mail)) == 4
    assert "DANGER TO LIFE: released by linh alone" in tocsin("card", by="an").out
