"""Lists for those whom no letter reached: in the application, by post, to the public; and who is told by them, when."""

import csv
import json
from email import message_from_bytes, policy

import pytest

from tocsin.actions.notice_proof import take_proof
from tocsin.domain.errors import NotYours, Refused
from tocsin.domain.notice import CUSTOMERS, individuals_duties
from tocsin.evidence.verify import verify
from tocsin.sinks.mail import Fault
from tocsin.storage.ledger import STATES
from tocsin.views.card import card
from tocsin.views.duties import owed
from tocsin.views.person import story as story_of
from tocsin.views.sending import course

STREET = {"address": "1 High Street\nSmalltown"}
NO = "550 5.1.1 no such user"


@pytest.fixture
def sent(story):
    """c1 and c2 have no address, c3's server says no; c1 and c3 have a postal address; c4 is a suspect without one."""
    story.with_customers(
        6,
        c1={"email": "", **STREET},
        c2={"email": ""},
        c3={"address": "=2+2 Lane"},
        c4={"email": "", "flags": "suspect"},
    )
    story.mail.misbehave(Fault("rcpt", reply=NO, recipient="c3@example.org"))
    return story.released()


def listed(story, way, name="out", **how):
    folder = story.folder / name
    story.as_("an").list_people(CUSTOMERS, way, folder, because="the letters did not reach them", **how)
    return folder


def told(story, way, *ids, **how):
    story.as_("an").told_otherwise(CUSTOMERS, way=way, ids=ids, because="done on 25 November", **how)


def now(story):
    """The figures, which always add up: told, on a list, left, held."""
    found = course(story.app, story.incident, CUSTOMERS)
    left = found.untold + found.undecided + found.unsupported
    assert sum(found.ways.values()) + left == len(story.rows) == sum(story.counts[each] for each in STATES)
    assert dict(story.letter.ways) == found.ways
    assert verify(story.app, story.key).fault is None
    return found.ways, found.listed, found.untold


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_list_for_our_application_holds_the_approved_letter_and_tells_nobody(sent):
    assert now(sent) == ({"email": 2}, {}, 3)
    folder = listed(sent, "in-app")
    lines = [json.loads(line) for line in (folder / "in-app.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sorted(line["accounts"] for line in lines) == [["c1"], ["c2"], ["c3"]]
    (by_mail,) = [mail for mail in sent.letters if mail.recipients == ("c5@example.org",)]
    letter = message_from_bytes(by_mail.content, policy=policy.default)
    (shown,) = [line for line in lines if line["accounts"] == ["c3"]]
    assert (shown["subject"], shown["language"]) == (letter["Subject"], "en")
    body = letter.get_body(("plain",)).get_content().replace("\r\n", "\n").replace("Customer 5", "Customer 3")
    assert shown["text"].strip() == body.strip()
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}
    (body,) = sent.told("PeopleListed")
    assert (body.way, sum(body.people.values()), set(body.files)) == ("in-app", 3, {"in-app.jsonl"})
    assert now(sent) == ({"email": 2}, {"in-app": 3}, 3)
    assert individuals_duties(sent.incident)
    told(sent, "in-app")
    assert now(sent) == ({"email": 2, "in-app": 3}, {}, 0)
    (letter,) = story_of(sent.app, sent.actor("an"), sent.incident, "c1").letters
    assert (letter.way, letter.accounted_at) == ("in-app", sent.clock.moment)
    # A suspect is told by no list: somebody decides about her first.
    assert individuals_duties(sent.incident)
    told(sent, "in-person", "c4", held=True)
    assert now(sent)[0] == {"email": 2, "in-app": 3, "in-person": 1}
    assert not individuals_duties(sent.incident)


def test_the_list_for_the_post_holds_whose_address_is_known_and_prints_their_letters(sent):
    folder = listed(sent, "post")
    rows = table(folder / "post.csv")
    assert {row["id"]: row["address"] for row in rows} == {
        "c1": "1 High Street\nSmalltown",
        "c3": "'=2+2 Lane",
    }
    assert (folder / "letters-0001.pdf").read_bytes().startswith(b"%PDF-")
    (body,) = sent.told("PeopleListed")
    assert dict(body.left_out) == {"no postal address is known: `address` in sources.yaml": 1}
    told(sent, "post")
    assert now(sent) == ({"email": 2, "post": 2}, {}, 1)
    with pytest.raises(Refused, match="nobody is on the list for post"):
        told(sent, "post")
    told(sent, "telephone", "c2")
    assert now(sent) == ({"email": 2, "post": 2, "telephone": 1}, {}, 0)


def test_who_is_told_by_somebody_else_is_on_no_list(tale):
    tale.with_customers(
        4,
        c1={"flags": "deceased", **STREET},
        c2={"flags": "employee", "email": "", **STREET},
        c3={"email": "", **STREET},
    )
    tale.released()
    assert [row["id"] for row in table(listed(tale, "post") / "post.csv")] == ["c3"]
    (body,) = tale.told("PeopleListed")
    assert dict(body.left_out) == {"to the next of kin: deceased": 1, "told in the house: works for us": 1}
    told(tale, "post")
    told(tale, "next-of-kin", "c1")
    told(tale, "internal", "c2")
    assert now(tale)[0] == {"email": 1, "post": 1, "next-of-kin": 1, "internal": 1}


def test_a_notice_to_the_public_says_why_it_is_one_and_names_nobody(sent):
    with pytest.raises(Refused, match="--ground impossible"):
        listed(sent, "public-notice")
    folder = listed(sent, "public-notice", ground="disproportionate")
    files = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert {"notice.en.txt", "notice.en.html", "notice.vi.txt", "notice.vi.html"} <= set(files)
    text = files["notice.en.txt"]
    assert "out of all proportion" in text
    assert "We revoked the keys." in text
    assert "Chúng tôi đã thu hồi các khóa." in files["notice.vi.html"]
    for row in sent.customers:
        assert not any(row["name"] in each or f"{row['id']}@" in each for each in files.values())
    (body,) = sent.told("PeopleListed")
    assert (body.ground, sum(body.people.values())) == ("disproportionate", 3)
    told(sent, "public-notice")
    assert now(sent)[0] == {"email": 2, "public-notice": 3}


def test_some_are_told_by_id_and_the_others_stay_on_the_list(sent):
    listed(sent, "in-app")
    told(sent, "in-app", "c2")
    assert now(sent) == ({"email": 2, "in-app": 1}, {"in-app": 2}, 2)
    with pytest.raises(Refused, match="nobody with the id c99"):
        told(sent, "in-app", "c99")
    # Who has the letter is told by it already.
    told(sent, "telephone", "c1", "c5")
    assert now(sent) == ({"email": 2, "in-app": 1, "telephone": 1}, {"in-app": 1}, 1)
    # A later list takes over from the one before.
    listed(sent, "post", "later")
    assert now(sent)[1] == {"post": 1}
    told(sent, "otherwise")
    assert now(sent) == ({"email": 2, "in-app": 1, "telephone": 1, "otherwise": 1}, {}, 0)


def test_a_list_needs_a_role_a_reason_and_approved_words(sent):
    with pytest.raises(NotYours):
        sent.as_("linh").list_people(CUSTOMERS, "post", sent.folder / "out", because="x")
    with pytest.raises(Refused, match="say why this list leaves"):
        sent.as_("an").list_people(CUSTOMERS, "post", sent.folder / "out", because=" ")
    (sent.folder / "there").mkdir()
    with pytest.raises(Refused, match="there exists"):
        listed(sent, "post", "there")
    assert not sent.told("PeopleListed")
    sent.as_("an").learn({"measures_taken": {"en": "More.", "vi": "Thêm."}}, source="the team")
    with pytest.raises(Refused, match="has changed since it was approved"):
        listed(sent, "post")


def test_said_again_with_a_key_it_writes_nothing_anew(sent):
    folder = listed(sent, "in-app", command="list-1")
    (folder / "in-app.jsonl").unlink()
    folder.rmdir()
    listed(sent, "in-app", command="list-1")
    assert not folder.exists()
    assert len(sent.told("PeopleListed")) == 1


def test_the_list_for_the_application_leaves_a_child_out_and_the_post_writes_to_the_parents(tale):
    child = {"birth_date": "2019-05-04", "guardian": "c2", **STREET}
    tale.with_customers(3, c1=child, c2={"email": ""}).released()
    folder = listed(tale, "in-app")
    assert [json.loads(line)["accounts"] for line in (folder / "in-app.jsonl").open()] == [["c2"]]
    (body,) = tale.told("PeopleListed")
    assert dict(body.left_out) == {"a child: nobody shows it to the child itself": 1}
    folder = listed(tale, "post", "by-post")
    assert [row["id"] for row in table(folder / "post.csv")] == ["c1"]


def test_the_proof_says_how_many_were_told_by_which_way(tale):
    tale.with_customers(3, c1={"email": ""}).released()
    told(tale, "telephone")
    take_proof(tale.app, tale.actor("an"), tale.key, CUSTOMERS, tale.folder / "proof", because="asked")
    assert table(tale.folder / "proof" / "ways.csv") == [
        {"way": "email", "people": "2"},
        {"way": "telephone", "people": "1"},
    ]


def test_a_duty_is_met_with_the_figures_and_the_card_and_the_duties_show_them(tale):
    tale.with_customers(3, c1={"email": ""}).released()
    told(tale, "telephone")
    figures = {"email": 2, "telephone": 1}
    assert tale.told("DutyMet")[-1].ways == figures
    seen = card(tale.app, tale.actor("an"), tale.key, tale.clock.moment)
    assert seen.ways == figures
    views = owed(tale.app, tale.incident, tale.clock.moment).duties
    assert [view.ways for view in views if view.recipient == "individuals"] == [figures]
    assert not any(view.ways for view in views if view.recipient != "individuals")
