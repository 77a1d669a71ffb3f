"""A record of a deletion excludes, with the record as proof. Retention does not."""

import hashlib
from datetime import timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.exploring import times
from tests.scoping.scenes import (
    ASKED,
    CROWD,
    KEY,
    START,
    at,
    buckets,
    every_hour,
    gaps,
    kind,
    log_source,
    request,
    told,
    write_customers,
    write_log,
)
from tocsin.domain.datamap import DataMap, Retention
from tocsin.domain.lists import DeletionFields, DeletionSource
from tocsin.domain.scope.people import Deletion
from tocsin.domain.scope.question import read_question
from tocsin.domain.sources import CustomerFields, CustomerSource, Sources, TimeFormat
from tocsin.scoping.measure import measure

WORDS = {"en": "for a while"}


def kept(**rule):
    return Retention(**{"words": WORDS, "backup_days": 30, "basis": WORDS} | rule)


RULES = DataMap(
    kinds=(
        kind("profile", "/v1/account", tables=("accounts",), retention=kept(days=90, anchor="closed")),
        kind(
            "payments",
            "/v1/payments",
            tables=("payments",),
            retention=kept(days=2557, survives_deletion=True),
        ),
    )
)
ONLY_PROFILES = DataMap(kinds=RULES.kinds[:1])
OPEN = {"exposed": {"tables": ["accounts"], "since": at(0), "until": at(60)}}
BOTH = {"exposed": {"tables": ["accounts", "payments"], "since": at(0), "until": at(60)}}


def found(tmp_path, question, deleted, rows=None, data_map=RULES, customers=None, **declared):
    """The answer where these (id, days before the window, record) were deleted, and left a tombstone at most."""
    gone = {who for who, _, _ in deleted}
    tombstones = [(who, "" if who in gone else mail, place) for who, mail, place in CROWD]
    path = tmp_path / "deletions.csv"
    lines = [f"{who},{when if isinstance(when, str) else (START - timedelta(days=when)).isoformat()},{record}"
             for who, when, record in deleted]  # fmt: skip
    path.write_text("\n".join(["id,at,record", *lines]) + "\n")
    deletions = DeletionSource(
        name="erasures",
        paths=(str(path),),
        fields=DeletionFields(id="id", at="at", record="record"),
        time=TimeFormat(**declared),
    )
    crm = write_customers(tmp_path, tombstones) if customers is None else customers
    crm = crm.model_copy(update={"tables": ("accounts", "payments")})
    logs = (log_source(write_log(tmp_path, rows)),) if rows else ()
    sources = Sources(logs=logs, customers=(crm,), deletions=(deletions,))
    return measure(
        read_question(question),
        sources,
        data_map,
        workspace=tmp_path / "work",
        pseudonym_key=KEY,
        asked_at=ASKED,
    )


def test_a_deletion_before_the_window_and_its_backups_excludes_with_the_record_as_proof(tmp_path):
    measured = found(tmp_path, OPEN, [("c1", 31, "DEL-7"), ("gone", 400, "DEL-8"), ("c2", 29, "DEL-9")])
    assert buckets(measured) == {
        **{f"c{n}": "cannot-exclude" for n in (0, 2, 3, 4, 5)},
        "c1": "excluded",
        "gone": "excluded",
    }
    digest = hashlib.sha256((tmp_path / "deletions.csv").read_bytes()).hexdigest()
    proofs = {person.id: person.deletion for person in measured.people() if person.deletion}
    assert set(proofs) == {"c1", "gone"}
    assert proofs["c1"] == Deletion("erasures", "deletions.csv", digest, "DEL-7", START - timedelta(days=31))
    assert measured.result.method == "exact"
    assert ("erasures", digest, 3) in {
        (file.source, file.sha256, file.rows) for file in measured.result.inputs
    }


@pytest.mark.parametrize("days", [30, 29, 0, -0.01, -1])
def test_a_deletion_in_the_days_of_the_backups_inside_or_after_the_window_excludes_nobody(tmp_path, days):
    measured = found(tmp_path, OPEN, [("c1", days, "D"), ("gone", days, "D")])
    assert (buckets(measured)["c1"], buckets(measured)["gone"]) == ("cannot-exclude", "cannot-exclude")
    assert told(measured)["gone"].status == "deleted"


def test_the_last_of_several_deletions_counts(tmp_path):
    assert buckets(found(tmp_path, OPEN, [("c1", 400, "a"), ("c1", 1, "b")]))["c1"] == "cannot-exclude"


def test_kinds_that_outlive_a_deletion_are_not_covered_by_it(tmp_path):
    person = told(found(tmp_path, BOTH, [("c1", 400, "DEL-7")]))["c1"]
    assert (person.bucket, person.kinds) == ("cannot-exclude", ("payments",))
    assert person.deletion.record == "DEL-7"


def test_an_open_window_begins_before_every_record(tmp_path):
    question = {"exposed": {"tables": ["accounts"]}}
    assert buckets(found(tmp_path, question, [("c1", 4000, "a")]))["c1"] == "cannot-exclude"


def test_a_gap_makes_a_deleted_account_no_suspect(tmp_path):
    question = {"accounts": ["c1", "c2"], "since": at(0), "until": at(180)}
    deleted = [("c1", 31, "a"), ("c2", 1, "b")]
    measured = found(tmp_path, question, deleted, rows=every_hour(2), data_map=ONLY_PROFILES)
    assert gaps(measured) == {"missing-hours": 1}
    assert buckets(measured) == {"c1": "excluded", "c2": "cannot-exclude"}
    # Her payments may have been read in the hour that is missing.
    measured = found(tmp_path, question, deleted, rows=every_hour(2))
    assert buckets(measured)["c1"] == "cannot-exclude"


LEAK = {"tokens": ["leaked"], "since": at(0), "until": at(180)}


@pytest.mark.parametrize(("status", "bucket"), [(200, "confirmed"), (403, "attempted"), (500, "excluded")])
def test_where_a_log_shows_an_answer_the_record_is_contradicted_and_nobody_excluded(tmp_path, status, bucket):
    rows = [*every_hour(3), request(5, "c1", token="leaked", status=status)]
    measured = found(tmp_path, LEAK, [("c1", 400, "a")], rows=rows)
    assert buckets(measured) == {"c1": bucket}
    assert gaps(measured) == ({"deletion-contradicted": 1} if status == 200 else {})


def rows_of(folder, *rows):
    """Customers with what is said of their ends, and with the word `erased` for who is deleted."""
    path = folder / "rows.csv"
    path.write_text("\n".join(["id,email,name,deleted_at,status", *rows]) + "\n")
    fields = CustomerFields(id="id", email="email", name="name", deleted_at="deleted_at", status="status")
    return CustomerSource(name="crm", path=str(path), fields=fields, flags={"erased": "deleted"})


@pytest.mark.parametrize(
    ("row", "bucket"),
    [
        ("c1,c1@example.org,,,", "cannot-exclude"),
        ("c1,,Ann,,active", "cannot-exclude"),
        # She came back under the same id, and went again when the table lay open already.
        ("c1,c1@example.org,,2026-11-20T10:30:00Z,", "cannot-exclude"),
        ("c1,c1@example.org,,never,", "cannot-exclude"),
        ("c1,,,,active", "excluded"),
        ("c1,c1@example.org,Ann,2025-10-20,", "excluded"),
        ("c1,c1@example.org,Ann,,erased", "excluded"),
    ],
)
def test_a_row_that_still_stands_contradicts_the_record(tmp_path, row, bucket):
    measured = found(tmp_path, OPEN, [("c1", 400, "a")], customers=rows_of(tmp_path, row))
    assert buckets(measured) == {"c1": bucket}
    (person,) = measured.people()
    if bucket == "excluded":
        assert (gaps(measured), person.deletion.record) == ({}, "a")
    else:
        assert (gaps(measured), person.deletion) == ({"deletion-contradicted": 1}, None)


def test_one_row_that_stands_among_tombstones_contradicts_the_record_too(tmp_path):
    crm = rows_of(tmp_path, "c1,,,2025-10-20,erased", "c1,c1@example.org,,,")
    assert buckets(found(tmp_path, OPEN, [("c1", 400, "a")], customers=crm)) == {"c1": "cannot-exclude"}


def test_whom_complete_logs_exclude_needs_no_record_and_contradicts_none(tmp_path):
    question = {"accounts": ["c1"], "since": at(0), "until": at(180)}
    crm = rows_of(tmp_path, "c1,c1@example.org,,,")
    measured = found(tmp_path, question, [("c1", 400, "a")], rows=every_hour(3), customers=crm)
    assert (buckets(measured), gaps(measured)) == ({"c1": "excluded"}, {})


def test_whom_a_colleague_lists_is_told_whatever_the_records_say(tmp_path):
    question = {"people": [{"who": "c1"}], "exposed": OPEN["exposed"]}
    assert buckets(found(tmp_path, question, [("c1", 400, "a")]))["c1"] == "listed"


def test_a_record_without_a_moment_proves_nothing_and_is_counted(tmp_path):
    measured = found(
        tmp_path, OPEN, [("c1", 400, "a"), ("c1", "2025-02-30T00:00:00Z", "b"), ("c2", "soon", "c")]
    )
    assert buckets(measured)["c1"] == "cannot-exclude"
    assert gaps(measured) == {"unproven-deletions": 2}


def test_what_should_no_longer_have_existed_is_a_finding_and_excludes_nobody(tmp_path):
    measured = found(tmp_path, BOTH, [])
    by_kind = {each.kind: each for each in measured.result.retained}
    assert (by_kind["profile"].people, by_kind["profile"].overdue, by_kind["profile"].undated) == (6, 0, 0)
    assert (by_kind["profile"].kept_since, by_kind["profile"].backed_up_since) == ("2026-08-22", "2026-07-23")
    path = tmp_path / "closed.csv"
    rows = ["id,closed", "c1,2026-07-20", "c2,2026-07-22", "c3,", "c4,long ago", "c5,2020-01-01T00:00:00Z"]
    path.write_text("\n".join(rows) + "\n")
    crm = write_customers(tmp_path, CROWD)
    crm = crm.model_copy(
        update={
            "path": str(path),
            "fields": crm.fields.model_copy(update={"email": None, "country": None, "closed_at": "closed"}),
        }
    )
    measured = measure(
        read_question(OPEN),
        Sources(customers=(crm,)),
        RULES,
        workspace=tmp_path / "work",
        pseudonym_key=KEY,
        asked_at=ASKED,
    )
    assert set(buckets(measured).values()) == {"cannot-exclude"}
    assert {person.id: person.overdue for person in measured.people() if person.overdue} == {
        "c1": ("profile",),
        "c5": ("profile",),
    }
    (profile,) = measured.result.retained
    assert (profile.people, profile.overdue, profile.undated) == (5, 2, 1)


@settings(max_examples=times(5), deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.dictionaries(st.sampled_from([who for who, _, _ in CROWD]), st.integers(-5, 60)))
def test_nobody_is_excluded_but_by_a_record_that_is_old_enough(tmp_path_factory, deleted):
    measured = found(tmp_path_factory.mktemp("d"), OPEN, [(who, days, "r") for who, days in deleted.items()])
    gone = {person.id for person in measured.people() if person.bucket == "excluded"}
    assert gone == {who for who, days in deleted.items() if days > 30}
    assert measured.result.people_count == len(CROWD) - len(gone)
