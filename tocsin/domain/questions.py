"""The questions every breach raises: one definition per fact. Pure data, in one table however long.

Order matters: where two missing facts would settle as much, the one that stands first here is asked first. A
name, once in use, stays. The codes of the papers follow the EDPB's template for Art. 33 GDPR (version 1.0,
consultation text).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

FactType = Literal[
    "moment", "bool", "int", "share", "choice", "set", "place", "ids", "text", "amount", "record", "list", "cells",
    "counts", "choices", "line", "parts",
]  # fmt: skip
Group = Literal["moments", "what-happened", "whom-it-hit", "decisions", "papers"]


@dataclass(frozen=True)
class FactDefinition:
    """One fact: its name, the type of its value, and the question that a person is asked for it."""

    name: str
    type: FactType
    question: str
    group: Group
    choices: tuple[str, ...] = ()
    unit: str = ""
    #: Written by people in their own words: kept out of the hash chain, so that it can be erased.
    free_text: bool = False
    #: A moment that has happened: never in the future.
    past: bool = False
    #: The choice that says "we do not know": the fact then counts as missing.
    open_value: str | None = None
    #: Keys that a record, or each entry of a list, may have.
    keys: tuple[str, ...] = ()
    #: Of these, what no person wrote in their own words: the chain holds it as it is.
    plain: tuple[str, ...] = ()
    #: The cell field that this fact states for every cell that is silent.
    cell_field: str | None = None
    #: Another name of the same fact, under which it is kept.
    same_as: str | None = None


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NATURES = _words(
    """
    access-abuse ransomware hacking phishing injection vulnerability unauthorised-access data-theft
    wrong-person-shown device-lost device-stolen paper-lost paper-stolen mail-lost misconfiguration
    wrong-permissions unintended-publication misdirected open-cc mixed-records denial-of-service
    disposal-failure verbal processor-breach deleted modified malfunction other
    """
)
ROLES = ("controller", "joint-controller", "controller-processor", "processor", "third-party")
GROUPS = _words(
    """
    customers prospects employees applicants children patients students vulnerable public-officials
    business-contacts end-users-of-customers subscribers military-or-police
    """
)
CATEGORIES = _words(
    """
    identity contact birth account credentials eid-credentials bank-credentials password-hash
    government-id id-document payment-card bank-account transactions tax location-service location-ip
    biometric genetic health phi sex-life ethnic-origin politics religion union criminal usage-behaviour
    communications network-address support-messages education employment family photo purchase contract
    social-benefit
    """
)
RISKS = ("unlikely", "risk", "high")
METHODS = ("exact", "approximate", "to-be-determined", "cannot-be-determined")
CAUSES = ("internal-accidental", "internal-malicious", "external-accidental", "external-malicious")
INTERESTS = ("defence", "security", "public-order", "life", "health", "honour", "dignity", "property")
SAFEGUARDS_BEFORE = _words(
    """
    pseudonymisation backup-or-recovery-plan encryption policies training incident-log access-levels
    logical-access-control audits physical-access-control patched-systems other
    """
)
SAFEGUARDS_AFTER = (*SAFEGUARDS_BEFORE, "anonymisation", "changed-process", "erasure")
CONSEQUENCES = _words(
    """
    spread-beyond-policy linked-with-other-data unlawful-use wrong-data-used-as-valid
    turned-into-other-valid-data no-access-to-service disrupted-service other
    """
)
IMPACTS = _words(
    """
    loss-of-control limited-rights discrimination identity-theft fraud financial-loss
    reversal-of-pseudonymisation reputation professional-secrecy disclosure-to-third-parties
    social-or-economic-disadvantage physical-or-mental-harm property-damage other
    """
)


def _moment(name: str, question: str, *, past: bool = True) -> FactDefinition:
    return FactDefinition(name, "moment", question, "moments", unit="ISO 8601 with a zone", past=past)


def _happened(name: str, kind: FactType, question: str, *choices: str, unit: str = "") -> FactDefinition:
    return FactDefinition(
        name,
        kind,
        question,
        "what-happened",
        choices,
        unit=unit,
        open_value="unknown" if "unknown" in choices else None,
        free_text=kind in ("text", "record", "line"),
    )


def _hit(
    name: str,
    kind: FactType,
    question: str,
    *choices: str,
    field: str | None = None,
    open_value: str | None = None,
) -> FactDefinition:
    return FactDefinition(
        name,
        kind,
        question,
        "whom-it-hit",
        choices,
        open_value=open_value,
        cell_field=field or name,
        free_text=kind == "line",
        unit={"unseen_days": "days", "people": "people", "records": "records"}.get(name, ""),
    )


def _alias(name: str, of: FactDefinition) -> FactDefinition:
    return FactDefinition(
        name, of.type, of.question, of.group, of.choices, of.unit, cell_field=of.cell_field, same_as=of.name
    )


def _paper(
    name: str, kind: FactType, question: str, *choices: str, keys: tuple[str, ...] = ()
) -> FactDefinition:
    return FactDefinition(
        name, kind, question, "papers", choices, free_text=kind in ("text", "list", "line"), keys=keys
    )


_MOMENTS = (
    _moment("detected_at", "When did anybody see the first signal?"),
    _moment("aware_at", "Since when are you reasonably certain that personal data were hit?"),
    _moment("violation_found_at", "When was the violation found (promise to customers, Vietnamese law)?"),
    _moment("occurred_from", "When did the breach begin?"),
    _moment("occurred_to", "When did the breach end?"),
    FactDefinition("ongoing", "bool", "Is the breach still going on?", "moments"),
    _moment("suspected_at", "Since when were there reasonable grounds to suspect a breach?"),
    _moment("incident_found_at", "When was the cyber incident found?"),
    _moment("processor_aware_at", "When did the processor become aware?"),
    _moment("told_by_processor_at", "When did the processor tell us?"),
    _moment("significant_at", "When did the incident become known as significant (NIS2)?"),
    _moment("classified_major_at", "When was the incident classified as major (DORA)?"),
    _moment("assessed_notifiable_at", "When was the breach assessed as notifiable (Singapore)?"),
    _moment("materiality_determined_at", "When was the incident determined to be material (SEC)?"),
    _moment("contained_at", "When was the leak stopped?"),
    _moment("restored_at", "When were data and service restored?"),
    _moment("incident_ended_at", "When did the incident end?"),
    _moment("handled_at", "When was the handling of the incident finished (NIS2, China)?"),
    _moment("missing_item_at", "When was what Form 8-K had to leave open determined or available (SEC)?"),
    _moment("statement_prepared_at", "When was the statement for the authority prepared (Australia)?"),
    _moment("ransom_paid_at", "When was a ransom paid?"),
)

_HAPPENED = (
    _happened("violation", "choice", "Is it a breach of security, a wrong purpose, or a failure to honour rights?",
              "breach", "wrong-purpose", "rights-failure"),
    _happened("breach_of", "set", "What was broken?", "confidentiality", "integrity", "availability"),
    _happened("nature", "set", "What kind of incident is it?", *NATURES),
    _happened("actor", "choice", "Whose doing was it?", "internal", "external", "processor", "unknown"),
    _happened("intent", "choice", "Was it an accident or malice?", "accidental", "malicious", "unknown"),
    _happened("cause", "choice", "Whose doing was it, and was it malice?", *CAUSES),
    _happened("interests_at_risk", "set", "Which interests may be harmed (Vietnam, Art. 23(1))?", *INTERESTS),
    _happened("discovered_by", "choice", "Who found it?",
              "controller", "processor", "data-subject", "authority", "media", "external-party", "other"),
    _happened("attack_on_system", "bool", "Was the information system attacked?"),
    _happened("ransom_paid", "bool", "Was a ransom paid, by us or for us?"),
    _happened("serious_disruption", "bool", "Was the service seriously disrupted?"),
    _happened("serious_incident", "bool", "Is it a serious incident by the company's own test?"),
    _happened("cross_border_impact", "bool", "Are other countries' services affected?"),
    _happened("downtime_minutes", "int", "For how long was the service down?", unit="minutes"),
    _happened("users_affected_share", "share", "Which share of users is affected?", unit="percent"),
    _happened("direct_loss", "amount", "How large is the direct loss?", unit="amount and currency"),
    _happened("ransom_demanded", "bool", "Has anybody demanded money, or threatened?"),
    _happened("log_coverage", "choice", "Do the logs cover the whole window?",
              "complete", "partial", "none", "unknown"),
    _happened("log_gaps", "text", "Which hours or systems do the logs not cover?"),
    _happened("remedy_effective", "bool", "Have later measures removed the high risk?"),
    _happened("effort_disproportionate", "bool", "Would telling each person take a disproportionate effort?"),
    _happened("measures_before", "text", "Which measures were in place before?"),
    _happened("measures_taken", "text", "Which measures were taken?"),
    _happened("measures_planned", "text", "Which measures are planned?"),
    _happened("consequences", "text", "What are the likely consequences?"),
    _happened("advice_to_people", "text", "What should the people concerned do?"),
    _happened("letter_correction", "text", "What was wrong in a letter that left, and what is right?"),
    _happened("letter_addition", "text", "What has come to be known since the letter left?"),
    _happened("systems", "text", "Which systems were hit?"),
    _happened("place_of_systems", "text", "Where do these systems stand?"),
    _happened("parties", "text", "Which organisations and persons are involved?"),
    _happened("reasons_for_delay", "text", "Why could the notice not be given in time?"),
    FactDefinition("hold", "record", "Has an authority asked in writing to hold a notice back?", "what-happened",
                   choices=("law-enforcement", "authority", "court", "attorney-general"), free_text=True,
                   keys=("by", "authority", "officer", "reference", "from", "until", "covers"),
                   plain=("by", "from", "until")),
    _happened("police_report", "line", "Under which number was it reported to the police?"),
    _happened("other_authorities", "line", "Which other authorities were told, under which numbers?"),
)  # fmt: skip

_HIT = (
    _hit("our_role", "choice", "In which role do we hold these data?", *ROLES, field="role"),
    _hit("controllers", "ids", "For which customers do we process these data (codes of contracts, nobody's name)?"),
    _hit("kinds", "ids", "Which kinds of data of the data map were hit?"),
    _hit("categories", "set", "Which categories of data were hit?", *CATEGORIES),
    FactDefinition("people_by_country", "counts", "How many people were hit in each country?", "whom-it-hit",
                   unit="people"),
    _hit("groups", "set", "Who are the people that were hit?", *GROUPS, field="group"),
    _hit("place", "place", "In which country do the people live?"),
    _hit("place_basis", "choice", "How do we know where they live?", "billing", "address", "ip", "declared", "unknown"),
    _hit("protection", "choice", "How well were the data protected against this very access?",
         "intact", "partial", "bypassed", "none"),
    _hit("protection_evidence", "line", "What proves the protection?"),
    _hit("pseudonymous", "bool", "Are the people unidentifiable without data that we still hold safely?"),
    _hit("access", "choice", "How far did the access go?",
         "none", "attempted", "viewed", "acquired", "unknown", open_value="unknown"),
    _hit("disclosure", "choice", "Were the data disclosed?", "confirmed", "likely", "possible", "excluded"),
    _hit("alteration", "choice", "Were data altered?", "none", "recovered", "recoverable", "unrecoverable"),
    _hit("loss", "choice", "Were data lost?", "none", "temporary", "effort", "permanent"),
    _hit("service_impact", "choice", "What did it do to people's lives while data were gone?",
         "none", "inconvenience", "serious", "danger"),
    # Here `unknown` is an answer: strangers have the data.
    _hit("recipients", "choice", "Who has the data now?", "none", "one-bound", "known", "unknown", "public"),
    _hit("deletion_confirmed", "bool", "Have the recipients confirmed deletion?"),
    _hit("misuse", "set", "How were the data misused?", "none", "unwanted-contact", "impersonation", "fraud",
         "extortion", "publication", "unknown", open_value="unknown"),
    _hit("unseen_days", "int", "For how many days did it go unnoticed?"),
    _hit("people", "int", "How many people were hit?", field="count"),
    _hit("people_method", "choice", "Is the number of people exact?", *METHODS, field="method"),
    _hit("records", "int", "How many records were hit?"),
    _hit("records_method", "choice", "Is the number of records exact?", *METHODS),
    FactDefinition("cells", "cells", "Whom did it hit, group by group?", "whom-it-hit"),
)  # fmt: skip

_BY_NAME = {definition.name: definition for definition in _HIT}
_ALIASES = tuple(
    _alias(name, _BY_NAME[of])
    for name, of in (
        ("role", "our_role"),
        ("group", "groups"),
        ("count", "people"),
        ("method", "people_method"),
    )
)

_DECISIONS = (
    FactDefinition("risk", "choice", "How high is the risk to the rights and freedoms of people?", "decisions", RISKS,
                   cell_field="risk"),
    FactDefinition("harm_tests", "choices", "Which harm tests of single laws are met (where a law has two: law/rule)?",
                   "decisions", ("met", "not")),
    FactDefinition("harm_ruled_out_at", "moment", "When was it determined that no harm is likely (Florida, New York)?",
                   "decisions", unit="ISO 8601 with a zone", past=True),
    FactDefinition("good_cause_filed_at", "moment",
                   "When was good cause for more time filed in writing with the authority (Florida)?",
                   "decisions", unit="ISO 8601 with a zone", past=True),
    FactDefinition("hold_lifted_at", "moment", "When did those who had a notice held back clear it?", "decisions",
                   unit="ISO 8601 with a zone", past=True),
    FactDefinition("notify_reason", "text", "Why is it notified, who decided, who advised?", "decisions",
                   free_text=True),
    FactDefinition("not_notify_reason", "text", "Why is it not notified, who decided, who advised?", "decisions",
                   free_text=True),
    FactDefinition("individuals_exemption", "choice", "Which ground of Art. 34(3) GDPR applies?", "decisions",
                   ("unintelligible", "later-measures", "disproportionate")),
    FactDefinition("impact_severity", "choice", "How bad is the worst effect for one person?", "decisions",
                   ("minor", "moderate", "severe")),
)  # fmt: skip

_PAPERS = (
    _paper("discovered_how", "text", "Which alert, message or report was it?"),
    FactDefinition("told_by_other_at", "moment", "When did that report reach us?", "papers", past=True),
    _paper("root_cause", "text", "What made it possible?"),
    _paper("nature_main", "choice", "Which kind of incident describes it best?", *NATURES),
    _paper("consequence_kinds", "set", "What may follow for people?", *CONSEQUENCES),
    _paper("impact_kinds", "set", "Which harm may follow for people?", *IMPACTS),
    _paper("measures_before_kinds", "set", "Which safeguards were in force for these systems?", *SAFEGUARDS_BEFORE),
    _paper("measures_after_kinds", "set", "Which safeguards will you introduce?", *SAFEGUARDS_AFTER),
    FactDefinition("notice_planned_for", "moment", "On which day will people be told?", "papers"),
    _paper("involved_parties", "list", "Who else was involved, in which role?",
           keys=("role", "name", "contact", "aware_at", "told_at")),
    _paper("cross_border_processing", "bool",
           "Does this processing touch people or establishments in several EEA countries?"),
    FactDefinition("letter_parts", "parts", "What must the letter say besides, part by part as a law names it?",
                   "papers", free_text=True),
    _paper("estimated_how", "text", "How were the dates estimated?"),
    _paper("record_is", "text", "What is one record here?"),
    _paper("police_reported", "bool", "Was it reported as a crime?"),
    _paper("withdrawal_reason", "choice", "Why is the notification withdrawn?",
           "duplicate", "no-personal-data", "no-risk", "filed-in-error", "other"),
)  # fmt: skip

#: Every fact by name, in the order in which they are asked.
FACTS: Mapping[str, FactDefinition] = MappingProxyType(
    {d.name: d for d in (*_MOMENTS, *_HIT, *_HAPPENED, *_DECISIONS, *_PAPERS, *_ALIASES)}
)

#: The question behind each field of a cell.
CELL_FIELDS: Mapping[str, FactDefinition] = MappingProxyType(
    {d.cell_field: d for d in FACTS.values() if d.cell_field and d.same_as is None}
)
