"""The words for what conditions ask: one table for each kind of thing. `{}` stands for the values that pass."""

from tocsin.domain.questions import RISKS, ROLES

#: What is said of people by a feature of theirs; `{}` stands for the values that pass.
WHO = {
    "role": "whose data we hold as {}",
    "place": "who live in {}",
    "place_basis": "whose place is known by {}",
    "group": "who are {}",
    "kinds": "whose data are of the kind {}",
    "categories": "whose data include {}",
    "all_categories": "whose data include {}",
    "protection": "whose data had a protection that was {}",
    "access": "whose data somebody {}",
    "disclosure": "of whose data disclosure is {}",
    "alteration": "whose data were altered: {}",
    "loss": "whose data were lost: {}",
    "service_impact": "whose lives it touched: {}",
    "recipients": "whose data are now with: {}",
    "misuse": "whose data were misused: {}",
    "risk": "who are at {}",
}
#: The same for a feature that is only ever so or not.
WHO_OR_NOT = {
    ("protection_proven", True): "whose data had a protection of which there is proof",
    ("pseudonymous", True): "who cannot be identified without data that we still hold safely",
    ("pseudonymous", False): "who can be identified",
    ("deletion_confirmed", True): "who confirmed that they deleted them",
    ("deletion_confirmed", False): "who did not confirm that they deleted them",
}
#: Values that are no words of a sentence as they are written in a pack.
VALUES = {
    "role": {
        "joint-controller": "joint controller",
        "controller-processor": "controller and processor at once",
        "third-party": "third party",
    },
    "access": {
        "none": "could not reach",
        "attempted": "tried to reach",
        "viewed": "viewed",
        "acquired": "acquired",
        "unknown": "reached, nobody knows how far",
    },
    "risk": {"unlikely": "no likely risk", "risk": "risk", "high": "high risk"},
    "recipients": {"none": "nobody", "one-bound": "one recipient bound by secrecy", "unknown": "strangers"},
    "place": {"EEA": "the EEA", "unknown": "a place that is not known"},
    "loss": {"none": "not lost"},
    "alteration": {"none": "not altered"},
    "service_impact": {"none": "not at all", "inconvenience": "an inconvenience"},
    "misuse": {"none": "not misused"},
    "sectors": {"us-listed": "companies listed in the US", "important": "important entities",
                "essential": "essential entities", "trust-service": "trust services",
                "critical-infrastructure": "critical infrastructure", "information-broker": "information brokers"},
    "free_zone": {"adgm": "ADGM (Abu Dhabi)", "difc": "DIFC (Dubai)", "none": "of none"},
}  # fmt: skip
#: A fact in a sentence; `{}` stands for the values that pass.
FACT = {
    "violation": "the violation is a {}",
    "nature": "the incident is one of these: {}",
    "actor": "it was the doing of somebody {}",
    "intent": "it was {}",
    "breach_of": "it broke {}",
    "discovered_by": "it was found by {}",
    "interests_at_risk": "these may be harmed: {}",
    "log_coverage": "the logs of the whole window are {}",
    "individuals_exemption": "this ground against telling people was decided: {}",
    "harm_tests": "the harm test of {of}, which a person decides, is {}",
    "downtime_minutes": "the service was down for {} minutes",
    "users_affected_share": "{} percent of the users are affected",
    "direct_loss": "the direct loss is {}",
}
FACT_VALUES = {
    "violation": {"breach": "breach of security", "rights-failure": "failure to honour rights"},
    "actor": {"internal": "inside", "external": "outside", "processor": "at a processor"},
    "intent": {"accidental": "an accident", "malicious": "malice"},
    "harm_tests": {"met": "met", "not": "not met"},
}
#: A fact that is so, and one that is not.
FACT_YES_NO = {
    "ongoing": ("the breach still goes on", "the breach is over"),
    "attack_on_system": ("an information system was attacked", "no information system was attacked"),
    "ransom_paid": ("a ransom was paid", "no ransom was paid"),
    "serious_disruption": ("the service was seriously disrupted", "the service was not seriously disrupted"),
    "ransom_demanded": ("somebody demanded money or made threats", "nobody demanded money or made threats"),
    "serious_incident": (
        "it is a serious incident by the company's own test",
        "it is no serious incident by the company's own test",
    ),
    "cross_border_impact": ("other countries' services are affected", "no other country is affected"),
    "remedy_effective": (
        "later measures have removed the high risk",
        "later measures have not removed the high risk",
    ),
    "effort_disproportionate": (
        "telling each person would take a disproportionate effort",
        "telling each person would take no disproportionate effort",
    ),
}
COMPANY = {
    "established_in": "the company is established in {}",
    "eea_establishments": "the company has an establishment in {}",
    "eu_main_establishment": "the company has its main establishment of the Union in {}",
    "offers_to": "the company offers its service to people in {}",
    "sectors": "the company's sectors include {}",
    "system_owner_in": "the company owns information systems in {}",
    "size_class": "the company is {}",
    "free_zone": "the company stands in the free zone {}",
    "small_agent_in": "the company is a small agent by the law of {}",
}
#: What the company may leave open.
COMPANY_STATED = {"free_zone": "whether the company stands in a free zone"}
COMPANY_YES_NO = {
    "public_sector": ("the company is a public body", "the company is no public body"),
    "collects_directly": (
        "the company collects the data from the people themselves",
        "the company does not collect the data from the people themselves",
    ),
}
#: The moments from which clocks run, and the name of each as a noun.
MOMENTS = {
    "detected_at": "the first signal",
    "aware_at": "awareness",
    "violation_found_at": "the finding of the violation",
    "occurred_from": "the beginning of the breach",
    "occurred_to": "the end of the breach",
    "suspected_at": "the suspicion",
    "incident_found_at": "the finding of the cyber incident",
    "processor_aware_at": "the processor's awareness",
    "told_by_processor_at": "the processor's word to us",
    "significant_at": "the incident being known as significant",
    "classified_major_at": "the classification as major",
    "assessed_notifiable_at": "the assessment as notifiable",
    "materiality_determined_at": "the determination of materiality",
    "contained_at": "containment",
    "restored_at": "restoration",
    "incident_ended_at": "the end of the incident",
    "ransom_paid_at": "the payment of a ransom",
    "handled_at": "the end of the handling",
    "missing_item_at": "what was left open becoming known",
    "statement_prepared_at": "the statement being prepared",
    "harm_ruled_out_at": "the determination that no harm is likely",
    "good_cause_filed_at": "good cause being filed in writing",
    "hold_lifted_at": "the end of a hold",
}
#: Values that stand in a certain order; all others stand in that of the alphabet.
IN_ORDER = {"role": ROLES, "risk": RISKS}
#: Whoever answers as a controller at all.
CONTROLLERS = frozenset(("controller", "joint-controller", "controller-processor"))
#: Features of the company whose values are places.
OF_PLACES = dict.fromkeys(
    (
        "established_in",
        "eea_establishments",
        "eu_main_establishment",
        "offers_to",
        "system_owner_in",
        "small_agent_in",
    ),
    "place",
)
