"""An address book that wants to be more than names and addresses, from the customer table to the relay.

Each letter arrives at its one reader, with the name that was given or with none; who cannot be written to has a reason
and is counted, and keeps nobody waiting.
"""

import re
from email import message_from_string, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from tests.checker import checked, letters_at
from tests.story import Story
from tocsin.domain.notice import CUSTOMERS
from tocsin.evidence.verify import verify
from tocsin.scoping.checking import check
from tocsin.scoping.declaration import read_sources
from tocsin.views.letters import preview

#: Names as they are given and as they arrive; None is a letter that greets nobody by name.
NAMES = {
    "Nguyen, Van A": "Nguyen, Van A",
    "{{7*7}}": "{{7*7}}",
    "{% for x in range(9**9) %}x{% endfor %}": "{% for x in range(9**9) %}x{% endfor %}",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>': '"><img src=x onerror=alert(1)>',
    "&lt;b&gt; &amp; &#60;": "&lt;b&gt; &amp; &#60;",
    'Anna "the boss" O\'Neil': 'Anna "the boss" O\'Neil',
    "back\\slash\\": "back\\slash\\",
    "Eve (eve the evil)": "Eve (eve the evil)",
    "undisclosed:;": "undisclosed:;",
    "x> NOTIFY=NEVER <y": "x> NOTIFY=NEVER <y",
    "<>": "<>",
    ".": ".",
    "%s%n%(name)s {0} {name}": "%s%n%(name)s {0} {name}",
    "=cmd|' /C calc'!A0": "=cmd|' /C calc'!A0",
    '#read("/etc/passwd")': '#read("/etc/passwd")',
    "=?utf-8?b?QmNjOiB4QHkuZXhhbXBsZQ==?=": "=?utf-8?b?QmNjOiB4QHkuZXhhbXBsZQ==?=",
    "=?utf-8?q?Bcc=3A_x=0D=0ABcc=3A_z?=": "=?utf-8?q?Bcc=3A_x=0D=0ABcc=3A_z?=",
    "=?utf-8?b?////?= =?nonsense?x?y?=": "=?utf-8?b?////?= =?nonsense?x?y?=",
    "Nguye\u0302\u0303n": "Nguyễn",
    "محمد عبد الله": "محمد عبد الله",
    "İıŞş 𝔈𝔳𝔢 김철수": "İıŞş 𝔈𝔳𝔢 김철수",
    # What would break a line, hide or turn letters around is a blank.
    "Eve\r\nBcc: hidden": "Eve Bcc: hidden",
    "Eve\rBcc: hidden": "Eve Bcc: hidden",
    "Eve\u2028Bcc: x\u2029y": "Eve Bcc: x y",
    "Eve\x85Bcc: x": "Eve Bcc: x",
    "Eve\x00Adams": "Eve Adams",
    "Eve\x1b[31mred\x07\x7f": "Eve [31mred",
    "\u202eEve\u202c \u2066Adam\u2069\u200f": "Eve Adam",
    "\ufeffEve\u200b": "Eve",
    "\tEve \u00a0 Adams\t": "Eve Adams",
    # What could carry somebody's bait, is no name, or is too long for one.
    "Eve\r\nBcc: x@y.example": None,
    "a\r\n.\r\nMAIL FROM:<x@y.example>": None,
    'Eve" <x@y.example>, "': None,
    "https://evil.example/win": None,
    "A" * 300: None,
    "Nguyễn " * 43: None,
    "\U000e0041\U000e0042": None,
    "   ": None,
}
#: Addresses as they are given, and where the letter goes; None is nowhere.
ADDRESSES = {
    "c@münchen.example": "c@xn--mnchen-3ya.example",
    "c@việtnam.example": "c@xn--vitnam-jk8b.example",
    "d@XN--MNCHEN-3YA.example": "d@xn--mnchen-3ya.example",
    "Case.Sensitive@EXAMPLE.org": "Case.Sensitive@example.org",
    "a+tag@example.org": "a+tag@example.org",
    "o'neil@example.org": "o'neil@example.org",
    "!#$%&'*+-/=?^_`{|}~@example.org": "!#$%&'*+-/=?^_`{|}~@example.org",
    "  padded@example.org  ": "padded@example.org",
    f"{'a' * 64}@example.org": f"{'a' * 64}@example.org",
    f"{'a' * 65}@example.org": None,
    '"a b"@example.org': '"a b"@example.org',
    '"a,b"@EXAMPLE.org': '"a,b"@example.org',
    '"plain"@example.org': '"plain"@example.org',
    '"a@evil.example"@example.org': '"a@evil.example"@example.org',
    '"a> NOTIFY=NEVER <b"@example.org': '"a> NOTIFY=NEVER <b"@example.org',
    r'"a\"> <b\\"@example.org': r'"a\"> <b\\"@example.org',
    '"=?utf-8?q?x=40evil.example?="@example.org': None,
    '"a\r\nBcc: x"@example.org': None,
    '"a"@example.org"': None,
    f'"{"a" * 63}"@example.org': None,
    "a@example.org> NOTIFY=NEVER <c@evil.example": None,
    "b1@example.org, b2@example.org": None,
    # Which part of it was meant, nobody guesses.
    "b3@example.org\r\nBcc: x@evil.example": None,
    "b4@example.org\nx@evil.example": None,
    "b5@example.org\rx@evil.example": None,
    "x@evil.example\n\nb6@example.org": None,
    "b7@example.org\u2028x@evil.example": None,
    "b8@example.org\x0bx@evil.example": None,
    "b9@example.org\r\n": "b9@example.org",
    "Eve <eve@evil.example>": None,
    "<eve@evil.example>": None,
    "@relay.example:eve@evil.example": None,
    "a(comment)@example.org": None,
    "a@[127.0.0.1]": None,
    "a@localhost": None,
    "a..b@example.org": None,
    "a b@example.org": None,
    "a\x00b@example.org": None,
    "a\u202e@example.org": None,
    "ａ＠example.org": None,
    "@": None,
}
#: The same, where only a relay with SMTPUTF8 takes them.
ABROAD = {
    "nguyễn@example.org": "nguyễn@example.org",
    "Du\u0300ng@MÜNCHEN.example": "Dùng@xn--mnchen-3ya.example",
    "👩@example.org": "👩@example.org",
    "用户@例子.example": "用户@xn--fsqu00a.example",
}
#: And two whose name and address are plain, one for each language.
PEOPLE = len(NAMES) + len(ADDRESSES) + len(ABROAD) + 2
#: The headers of a letter, and there are no others.
HEADERS = [
    "From", "Subject", "Reply-To", "Auto-Submitted", "X-Incident-Ref", "MIME-Version", "To", "Date", "Message-ID",
    "Content-Type",
]  # fmt: skip


@pytest.mark.parametrize("utf8", [True, False])
def test_a_hostile_address_book_gets_each_letter_to_its_one_reader_and_holds_up_nobody(
    tale: Story, utf8: bool
) -> None:
    tale.mail.utf8 = utf8
    names = {f"c{number}": {"name": name} for number, name in enumerate(NAMES, 1)}
    addresses = {
        f"c{number}": {"email": address, "name": "Eve"}
        for number, address in enumerate([*ADDRESSES, *ABROAD], len(NAMES) + 1)
    }
    tale.with_customers(PEOPLE, **names, **addresses).released()
    letters = letters_at(tale.mail)
    by_reader = {mail.recipients[0]: _read(mail.content) for mail in letters}
    # Only a header that names a reader outside ASCII is not ASCII itself.
    assert all(
        mail.content.replace(mail.recipients[0].encode(), b"", 1).isascii()
        and mail.content.isascii() == mail.recipients[0].isascii()
        for mail in letters
    )
    expected = {f"c{number}@example.org": name for number, name in enumerate(NAMES.values(), 1)}
    expected |= {to: "Eve" for to in [*ADDRESSES.values(), *(ABROAD.values() if utf8 else ())] if to}
    expected |= {f"c{number}@example.org": f"Customer {number}" for number in (PEOPLE - 1, PEOPLE)}
    assert by_reader.keys() == expected.keys()
    # No page has other elements, or others' attributes, than that of a plain reader of the same language.
    plain = [_shown(by_reader[f"c{number}@example.org"]).marks for number in (PEOPLE - 1, PEOPLE)]
    assert all({"p", "html lang"} <= marks and marks.isdisjoint({"script", "img", "a"}) for marks in plain)
    for reader, name in expected.items():
        _is_to(by_reader[reader], reader, name)
        assert _shown(by_reader[reader]).marks in plain
    # Nobody is lost: whoever got no letter is counted, with a reason, and no one else is.
    nowhere, late = sum(to is None for to in ADDRESSES.values()), 0 if utf8 else len(ABROAD)
    found = checked(tale.app.database, letters, PEOPLE, most=1)
    left = {"refused": late} if late else {}
    assert found.states == {"handed_over": PEOPLE - nowhere - late, "excluded": nowhere} | left
    assert all(row.reason for row in tale.rows if row.state == "excluded")
    # All but those whom only a relay could not carry were known before anything left.
    assert not any(row.attempts for row in tale.rows if row.state == "excluded")
    refused = [row.reply for row in tale.rows if row.state == "refused"]
    assert [reply for reply in refused if "the relay does not take SMTPUTF8" in reply] == refused
    assert tale.letter.mark == "sent"
    assert verify(tale.app, tale.key).fault is None


@pytest.mark.parametrize("address", ['"a, b"@example.org', "dùng@example.org"])
def test_the_mail_to_a_rare_address_is_tried_for_the_preview_and_not_shown(tale: Story, address: str) -> None:
    tale.with_customers(1, c1={"email": address}).drafted()
    (view,) = preview(tale.app, tale.actor("an"), tale.incident, CUSTOMERS).variants
    assert "To: Alex Example <alex.example@example.com>\r\n" in view.raw
    assert view.problems == ()


def test_nobody_is_written_to_at_a_part_of_an_address_with_a_line_break(tale: Story) -> None:
    broken = "b@example.org\r\nBcc: x@evil.example"
    tale.with_customers(
        5,
        c1={"email": broken},
        c2={"email": broken, "emails": "c2.b@example.org"},
        c3={"email": "", "emails": broken},
        c4={"birth_date": "2019-05-04", "guardian": broken},
    ).released()
    assert tale.readers == ["c2.b@example.org", "c5@example.org"]
    whys = {row.reason for row in tale.rows if row.state == "excluded"}
    assert whys == {"invalid e-mail address", "to the guardian: a minor"}
    assert tale.counts["excluded"] == 3
    # A look at the sources, the figures of the scope and the ledger say the same of them.
    (source,) = read_sources(tale.folder / "sources.yaml").customers
    found = check(source, tale.folder / "look", lambda source: None, tale.clock())
    assert "email: 3 of 5 look like no e-mail address" in found.remarks
    routes = {each["reason"]: each["people"] for each in tale.incident.scope.routes}
    assert (routes["invalid-address"], routes["minor"], routes["reachable"]) == (2, 1, 2)
    checked(tale.app.database, letters_at(tale.mail), 5, most=1)


class Shown(HTMLParser):
    """A page as a browser reads it: its words, and every kind of element with the attributes that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self.marks: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.marks |= {tag, *(f"{tag} {name}" for name, _ in attrs)}

    def handle_data(self, data: str) -> None:
        self.words += data


def _read(content: bytes) -> EmailMessage:
    message = message_from_string(content.decode(), policy=policy.SMTPUTF8)
    assert isinstance(message, EmailMessage)
    return message


def _shown(letter: EmailMessage) -> Shown:
    shown = Shown()
    shown.feed(letter.get_body(("html",)).get_content())
    return shown


def _is_to(letter: EmailMessage, reader: str, name: str | None) -> None:
    """This letter is to this reader and nobody else, by this name, and says it as a letter says anything."""
    assert sorted(letter.keys()) == sorted(HEADERS)
    (whom,) = letter["To"].addresses
    local, _, domain = reader.rpartition("@")
    local = re.sub(r"\\(.)", r"\1", local[1:-1]) if local[0] == '"' else local
    assert (whom.username, whom.domain, " ".join(whom.display_name.split())) == (local, domain, name or "")
    assert [part.defects for part in letter.walk() if part.defects] == []
    text = letter.get_body(("plain",)).get_content()
    assert "49" not in text
    if name is not None:
        assert name in text
        assert name in _shown(letter).words
