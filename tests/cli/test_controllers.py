"""`tocsin affected --controllers`: customers to tell because we hold other people's data for them."""

from pathlib import Path

from tests.cli.conftest import Command


def test_an_exposed_table_of_viewers_names_our_customers_as_controllers(
    tocsin: Command, declared: str
) -> None:
    Path("scope.yaml").write_text(
        "exposed: {tables: [stream_viewers], since: 2026-11-19T00:00Z}\n", encoding="utf-8"
    )
    found = tocsin("scope", "--question", "scope.yaml", "--json").json
    assert (found["total"], found["controllers"]) == (4, 4)
    assert found["buckets"]["cannot-exclude"] == 4
    assert "TELL    4 customers as controllers: affected --controllers" in tocsin("affected").out
    listed = tocsin("affected", "--controllers", "--json").json
    assert [each["id"] for each in listed["controllers"]] == ["cus_1", "cus_2", "cus_3", "cus_4"]
    assert listed["controllers"][0] == {
        "id": "cus_1",
        "name": "Mai",
        "email": "mai@example.com",
        "kinds": ["stream-viewers"],
        "people": None,
        "known": True,
    }
    said = tocsin("affected", "--controllers").out
    assert "4 customers to be told as controllers of other people's data" in said
    assert "cus_2" in said


def test_controllers_whom_only_their_people_name_are_found_in_the_sources_or_said_to_be_unknown(
    tocsin: Command, declared: str
) -> None:
    (sources,) = Path().glob("**/sources.yaml")
    viewers = """
  - {name: viewers, path: viewers.csv, country: VN, tables: [stream_viewers], group: end-users-of-customers,
     role: processor, fields: {id: id, email: email, controller: customer}}
"""
    text = sources.read_text(encoding="utf-8")
    head, customers, rest = text.partition("customers:\n")
    sources.write_text(head + customers + viewers.lstrip("\n") + rest, encoding="utf-8")
    (sources.parent / "viewers.csv").write_text("id,email,customer\nv1,v1@x.org,cus_2\nv2,v2@x.org,zz\n")
    Path("scope.yaml").write_text(
        "exposed: {tables: [stream_viewers], since: 2026-11-19T00:00Z}\n", encoding="utf-8"
    )
    tocsin("scope", "--question", "scope.yaml")
    found = tocsin("affected", "--controllers", "--json").json["controllers"]
    known = {each["id"]: (each["known"], each["people"]) for each in found}
    assert (known["cus_2"], known["zz"]) == ((True, 1), (False, 1))
    said = tocsin("affected", "--controllers").out
    assert "1 of them unknown to every customer source" in said
    assert "no source knows this id" in said
    told = tocsin("affected").out
    assert "by the customer for whom we hold her data, and whom we tell" in told
    story = tocsin("affected", "--person", "v1").out
    assert "v1: cannot-exclude, is told by her controller" in story
    assert "TELL    her controller is cus_2 (Jonas, jonas@example.org)" in story
    assert "her controller is zz (whom no source knows)" in tocsin("affected", "--person", "v2").out


def test_the_list_of_controllers_is_for_those_who_work_on_the_incident(
    tocsin: Command, declared: str
) -> None:
    tocsin("scope", "--token", "@tokens.txt")
    assert tocsin("affected", "--controllers", "--json").json["controllers"] == []
    both = tocsin("affected", "--controllers", "--person", "cus_1")
    assert (both.status, "ask one" in both.err) == (2, True)
    assert tocsin("affected", "--controllers", by="nobody-here").status != 0


def test_the_story_of_a_deleted_person_shows_the_record_that_excludes_her(
    tocsin: Command, declared: str
) -> None:
    sources = Path("sources.yaml")
    if not sources.exists():
        sources = next(Path().glob("**/sources.yaml"))
    declaration = """
deletions:
  - {name: erasures, paths: [erasures.csv], country: VN, fields: {id: id, at: erased, record: ticket}}
"""
    sources.write_text(sources.read_text(encoding="utf-8") + declaration, encoding="utf-8")
    (sources.parent / "erasures.csv").write_text("id,erased,ticket\ncus_9,2026-01-05T10:00:00Z,DEL-9\n")
    Path("scope.yaml").write_text(
        "exposed: {tables: [accounts], since: 2026-11-19T00:00Z}\n", encoding="utf-8"
    )
    found = tocsin("scope", "--question", "scope.yaml", "--json").json
    assert (found["buckets"]["excluded"], found["total"]) == (1, 4)
    story = tocsin("affected", "--person", "cus_9")
    assert "cus_9: excluded" in story.out
    assert "DELETED record DEL-9 of " in story.out
    kept = tocsin("affected", "--person", "cus_9", "--json").json["record"]["deletion"]
    assert (kept["source"], kept["file"], kept["record"]) == ("erasures", "erasures.csv", "DEL-9")


def test_a_table_that_lay_open_is_asked_about_without_a_file(tocsin: Command, declared: str) -> None:
    asked = ("scope", "--exposed", "accounts", "--from", "2026-11-19T00:00Z", "--json")
    found = tocsin(*asked).json
    assert found["buckets"]["cannot-exclude"] == found["total"] > 0
    Path("scope.yaml").write_text(
        "exposed: {tables: [accounts], since: 2026-11-19T00:00Z}\nsince: 2026-11-19T00:00Z\n",
        encoding="utf-8",
    )
    again = tocsin("scope", "--question", "scope.yaml", "--json").json
    assert (again["total"], again["buckets"]) == (found["total"], found["buckets"])
    refused = tocsin("scope", "--exposed", "acounts")
    assert (refused.status, "did you mean accounts" in refused.err) == (1, True)


def test_an_address_of_several_people_is_no_answer(tocsin: Command, declared: str) -> None:
    (sources,) = Path().glob("**/sources.yaml")
    table = sources.parent / "customers.csv"
    table.write_text(
        table.read_text(encoding="utf-8").replace("jonas@example.org", "mai@example.com"), encoding="utf-8"
    )
    tocsin("scope", "--token", "@tokens.txt")
    refused = tocsin("affected", "--person", "mai@example.com", by="an")
    assert (refused.status, "2 people have this address; ask by id: cus_1" in refused.err) == (1, True)
