"""The page of an incident: for those who are signed in by a personal link, and nothing at all for anybody else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.actions.test_offers import refusals
from tests.engine.test_papers import FORM_08, owed
from tocsin.domain.room import PAPERS
from tocsin.links import Ticket, key_of, link, signed
from tocsin.storage import clock as heartbeats


def enter(visited, browser, person):
    """Somebody follows the newest link to the incident, and presses the button."""
    path = visited.links(person)[-1]
    assert browser.get(path).status_code == 200
    entered = browser.post(path)
    assert entered.status_code == 303
    return browser.get(entered.headers["location"].replace("..", ""))


def test_a_personal_link_signs_in_once_and_shows_the_incident(visited, browser):
    visited.declare()
    before = visited.entries
    found = enter(visited, browser, "linh")
    assert found.status_code == 200
    for words in (visited.incident.code_name, "SEV1", "nhân sự bảo vệ dữ liệu cá nhân", "chưa trả lời"):
        assert words in found.text
    assert visited.entries == before, "to read is no event of the incident"
    again = browser.post(visited.links("linh")[-1])
    assert again.status_code == 410
    assert refusals(visited) == [("linh", "open", "", "replayed")]


def test_that_nobody_has_been_reached_stands_above_all_else(visited, browser):
    visited.declare()
    assert "Chưa liên lạc được với ai" not in enter(visited, browser, "linh").text
    visited.app = replace(visited.app, routes={})
    visited.declare("Another one")
    found = browser.get(f"/inc/{visited.key}").text
    assert visited.incident.code_name in found
    assert "Chưa liên lạc được với ai. Hãy gọi điện thoại cho ai đó. · DRILL" in found
    reached, silent = browser.get("/").text.split(f'href="inc/{visited.key}">')
    assert "Chưa liên lạc được với ai" not in reached
    assert "<small>Chưa liên lạc được với ai. Hãy gọi điện thoại cho ai đó. · Hạn: " in silent
    assert reached.endswith('<dd class="alarm"><a '), "as alarming as a deadline that has passed"


def test_the_cookie_is_for_this_browser_alone(visited, browser):
    visited.declare()
    entered = browser.post(visited.links("linh")[-1])
    cookie = entered.headers["set-cookie"]
    assert cookie.startswith("tocsin=")
    for word in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"):
        assert word in cookie
    assert "Secure" not in cookie, "on loopback there is no TLS"


def test_without_a_session_nobody_learns_whether_there_is_an_incident(visited, browser):
    visited.declare()
    there, nowhere = browser.get(f"/inc/{visited.key}"), browser.get("/inc/INC-2026-0999")
    assert there.status_code == nowhere.status_code == 401
    assert there.text.replace(visited.key, "INC-2026-0999") == nowhere.text
    assert visited.incident.code_name not in there.text
    assert "tocsin open" in there.text
    assert browser.post(f"/inc/{visited.key}/papers/E1").status_code == 401
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize("value", ["", "x", "é", "A" * 2000])
def test_a_cookie_that_was_not_set_here_signs_nobody_in(visited, browser, value):
    visited.declare()
    ticket = Ticket("linh", "", None, visited.app.clock() + timedelta(hours=1), "")
    forged = value or signed(key_of(visited.app), ticket)
    found = browser.get(f"/inc/{visited.key}", headers={"Cookie": f"tocsin={forged}".encode()})
    assert found.status_code == 401


def test_a_session_ends(visited, browser):
    visited.declare()
    ticket = Ticket("linh", "", None, visited.app.clock() - timedelta(seconds=1), "")
    late = signed(visited.app.keyring.derived("session"), ticket)
    assert browser.get(f"/inc/{visited.key}", headers={"Cookie": f"tocsin={late}"}).status_code == 401


def test_whom_an_incident_excludes_sees_no_trace_of_it(visited, browser):
    visited.declare(by="an", excluded=("linh",))
    entered = browser.post(link(visited.app, "linh", "", visited.clock.moment).partition("/o/")[1] + "x")
    assert entered.status_code == 403
    ticket = Ticket("linh", "", None, visited.app.clock() + timedelta(hours=1), "")
    session = {"Cookie": f"tocsin={signed(visited.app.keyring.derived('session'), ticket)}"}
    there, nowhere = (browser.get(f"/inc/{key}", headers=session) for key in (visited.key, "INC-2026-0999"))
    assert there.status_code == nowhere.status_code == 404
    assert there.text.replace(visited.key, "INC-2026-0999") == nowhere.text
    assert visited.key not in browser.get("/", headers=session).text


@pytest.mark.parametrize(
    "key", ["INC-2026-%00", "x", "INC-2026-0001%0a", "%3Cscript%3E", "INC-2026-9999999999"]
)
def test_what_is_no_key_is_asked_of_no_database(visited, browser, key):
    visited.declare()
    enter(visited, browser, "linh")
    found = browser.get(f"/inc/{key}")
    assert found.status_code == 404
    assert "<script" not in found.text
    assert browser.post(f"/inc/{visited.key}/papers/{key}").status_code in (403, 404)


def test_the_title_is_for_those_who_work_on_it(visited, browser):
    visited.declare("A key of <Acme>")
    assert "A key of &lt;Acme&gt;" in enter(visited, browser, "linh").text
    ticket = Ticket("giang", "", None, visited.app.clock() + timedelta(hours=1), "")
    session = {"Cookie": f"tocsin={signed(visited.app.keyring.derived('session'), ticket)}"}
    browser.cookies.clear()
    found = browser.get(f"/inc/{visited.key}", headers=session)
    assert visited.incident.code_name in found.text
    assert "Acme" not in found.text


def test_the_list_shows_open_incidents_and_leads_to_each(visited, browser):
    visited.declare()
    enter(visited, browser, "linh")
    found = browser.get("/")
    assert f'href="inc/{visited.key}">DRILL {visited.key}' in found.text
    assert "Hạn: 02 giờ 40 ngày 27/11/2026" in found.text
    assert '<a href="..">' in browser.get(f"/inc/{visited.key}").text, "and back"


def test_papers_are_taken_by_who_may_and_the_timeline_says_who_took_them(visited, browser):
    owed(visited)
    visited.as_("an").make_report(FORM_08)
    item = visited.incident.duties[FORM_08].papers[-1]
    visited.as_("linh").page("chi")
    page = enter(visited, browser, "chi")
    assert f'action="{visited.key}/papers/{item}"' in page.text
    assert f'<h2 id="{PAPERS}">' in page.text, "the bookmark in the room leads there"
    got = browser.post(f"/inc/{visited.key}/papers/{item}")
    assert got.status_code == 200
    assert got.content.startswith(b"%PDF")
    assert "attachment" in got.headers["content-disposition"]
    assert visited.told("EvidenceCopied")[-1].item == item
    assert visited.entries[-1].actor == "chi"
    assert browser.get(f"/inc/{visited.key}/papers/{item}").status_code == 405
    assert browser.post(f"/inc/{visited.key}/papers/E999").status_code == 403


def test_no_customer_is_named_on_the_page(visited, browser):
    visited.released()
    text = enter(visited, browser, "chi").text
    for row in visited.customers:
        assert row["email"] not in text
        assert row["name"] not in text


def test_health_says_since_when_nobody_has_rung(visited, browser):
    assert browser.get("/healthz").status_code == 503
    with visited.app.database.write() as connection:
        heartbeats.beat(connection, "bell", visited.app.clock(), {})
    found = browser.get("/healthz")
    assert found.status_code == 200
    assert set(found.json()) >= {"bell", "watch"}
    assert found.json()["watch"] is None
    with visited.app.database.write() as connection:
        heartbeats.beat(connection, "bell", visited.app.clock() - timedelta(minutes=3), {})
    assert browser.get("/healthz").status_code == 503
    assert browser.get("/readyz").json() == {"database": "answers"}


def test_a_page_that_fails_says_so_and_quotes_nothing(visited, browser, capfd):
    visited.declare()
    (path,) = visited.links("linh", "ack")
    visited.app.__dict__["_read"] = (replace(visited.app.catalog, contacts=None), None)
    found = browser.get(path)
    assert found.status_code == 503
    assert "Traceback" not in found.text
    assert path[3:20] not in "".join(capfd.readouterr())


def test_whom_a_mail_let_in_finds_nothing_of_an_incident_whose_mail_was_silenced(visited, browser):
    visited.declare()
    enter(visited, browser, "linh")
    assert visited.key in browser.get("/").text
    visited.as_("an").silence("email", because="the attacker reads mail")
    assert visited.key not in browser.get("/").text


def test_one_incident_that_cannot_be_read_neither_hides_the_list_nor_shows_where_it_is_silenced(
    visited, browser
):
    visited.declare("A laptop is gone")
    other = visited.key
    visited.declare()
    enter(visited, browser, "linh")
    visited.as_("an").silence("email", because="the attacker reads mail")
    visited.as_("an").note("seen")
    with visited.app.database.write() as connection:
        broken = {"body": "x", "key": visited.key}
        connection.execute(
            text("UPDATE entry SET body = :body WHERE incident = :key AND kind = 'Noted'"), broken
        )
    visited.app._incidents.clear()
    found = browser.get("/")
    assert (found.status_code, other in found.text, visited.key in found.text) == (200, True, False)
    assert browser.get(f"/inc/{visited.key}").status_code == 401


def test_who_is_signed_in_reads_the_letters_and_nobody_else(visited, browser):
    visited.drafted()
    path = f"/inc/{visited.key}/letters/customers"
    assert browser.get(path).status_code == 401
    page = enter(visited, browser, "chi")
    assert f'href="{visited.key}/letters/customers"' in page.text
    found = browser.get(path)
    assert found.status_code == 200
    assert "We revoked the keys." in found.text
    assert visited.letter.digest[:12] in found.text
    assert browser.get(f"/inc/{visited.key}/letters/nobody").status_code == 404


def test_once_the_time_is_over_a_papers_button_leads_back_to_the_incident(visited, browser):
    visited.declare()
    assert f'href="../../{visited.key}"' in browser.post(f"/inc/{visited.key}/papers/E1").text


def test_people_stand_there_by_name(visited, browser):
    visited.declare()
    visited.as_("linh").ack()
    assert "<dd>Trần Mỹ Linh</dd>" in enter(visited, browser, "linh").text


def test_what_it_waits_for_is_said_in_the_readers_language(visited, browser):
    visited.drafted()
    found = enter(visited, browser, "linh").text
    assert "duyệt thư customers (0 trên 2)" in found
    assert "approval of" not in found
