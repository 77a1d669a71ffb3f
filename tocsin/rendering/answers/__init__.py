"""The answers that forms may ask for, by name. A form is data (`regimes/<code>/authority.yaml`) and names these.

Each answer is a pure function of what is known and of a language's words. A new form needs no code as long as its
questions are among these.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tocsin.rendering.answers import breach, conduct, organisation, people
from tocsin.rendering.paperfacts import Answer, PaperFacts
from tocsin.rendering.words import Words

ANSWERS: Mapping[str, Callable[[PaperFacts, Words], Answer]] = MappingProxyType(
    {
        "organisation.name": organisation.name,
        "organisation.head-office": organisation.head_office,
        "organisation.trading-office": organisation.trading_office,
        "organisation.licence": organisation.licence,
        "organisation.tax-code": organisation.tax_code,
        "organisation.identifiers": organisation.identifiers,
        "organisation.phone-web": organisation.phone_web,
        "organisation.contact": organisation.contact,
        "organisation.incident-contact": organisation.incident_contact,
        "organisation.representative": organisation.representative,
        "organisation.lead-authority": organisation.lead_authority,
        "dpo.name": organisation.dpo_name,
        "dpo.title": organisation.dpo_title,
        "dpo.phone": organisation.dpo_phone,
        "dpo.email": organisation.dpo_email,
        "dpo.line": organisation.dpo_line,
        "case.name": organisation.case_name,
        "case.title": organisation.case_title,
        "case.phone": organisation.case_phone,
        "case.email": organisation.case_email,
        "filer.line": organisation.filer,
        "breach.time": breach.time,
        "breach.occurred": breach.occurred,
        "breach.found-readings": breach.found_readings,
        "breach.detected": breach.detected,
        "breach.aware": breach.aware,
        "breach.discovered": breach.discovered,
        "breach.course": breach.course,
        "breach.place": breach.place,
        "breach.act": breach.act,
        "breach.account": breach.account,
        "breach.nature": breach.nature,
        "breach.of": breach.breach_of,
        "breach.cause": breach.cause,
        "breach.root-cause": breach.root_cause,
        "breach.parties": breach.parties,
        "breach.other-parties": breach.other_parties,
        "breach.interests": breach.interests,
        "people.data": people.data,
        "people.kinds": people.kinds,
        "people.categories": people.categories,
        "people.groups": people.groups,
        "people.total": people.total,
        "people.own-total": people.own_total,
        "people.records": people.records,
        "people.by-place": people.by_place,
        "people.by-eea-country": people.by_eea_country,
        "people.here": people.here,
        "people.coverage": people.coverage,
        "conduct.consequences": conduct.consequences,
        "conduct.risk": conduct.risk,
        "conduct.measures": conduct.measures,
        "conduct.measures-taken": conduct.measures_taken,
        "conduct.measures-planned": conduct.measures_planned,
        "conduct.measures-before": conduct.measures_before,
        "conduct.advice-to-people": conduct.advice_to_people,
        "conduct.attachments": conduct.attachments,
        "conduct.undertaking": conduct.undertaking,
        "conduct.submission": conduct.submission,
        "conduct.deadline": conduct.deadline,
        "conduct.lateness": conduct.lateness,
        "conduct.telling": conduct.telling,
        "conduct.eea-authorities": conduct.eea_authorities,
        "conduct.other-authorities": conduct.other_authorities,
        "conduct.all-authorities": conduct.all_authorities,
    }
)
