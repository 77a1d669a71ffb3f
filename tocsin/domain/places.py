"""Places people live in: ISO 3166-1 alpha-2, and ISO 3166-2 where the law asks which part of a country.

Pure data and three small questions about it. Source of the codes: ISO 3166-1 (249 officially assigned
elements, and XK, which ISO leaves to its users and the Union and the Monetary Fund use for Kosovo) and ISO 3166-2
for the United States, Canada and Germany, whose states, provinces and Länder have authorities of their own.
"""

from collections.abc import Iterable
from functools import cache

_CODES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
_COUNTRIES = frozenset((*_CODES.split(), "XK"))

_PARTS = {
    "US": "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK "
    "OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR UM VI",
    "CA": "AB BC MB NB NL NS NT NU ON PE QC SK YT",
    "DE": "BB BE BW BY HB HE HH MV NI NW RP SH SL SN ST TH",
}

#: The 27 Member States and Iceland, Liechtenstein and Norway: EEA Agreement, Joint Committee Decision
#: 154/2018 (GDPR).
_EEA_CODES = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
EEA = frozenset(_EEA_CODES.split())

#: Territories with a country code of their own. In the first seven Union law, and so the GDPR, applies: Art. 355(1),
#: (4) TFEU. The others are parts of the United States in ISO 3166-2 as well.
_BELONGS_TO = {
    "AX": "FI", "GF": "FR", "GP": "FR", "MF": "FR", "MQ": "FR", "RE": "FR", "YT": "FR",
    "AS": "US-AS", "GU": "US-GU", "MP": "US-MP", "PR": "US-PR", "UM": "US-UM", "VI": "US-VI",
}  # fmt: skip

#: The 27 Member States: the same without Iceland, Liechtenstein and Norway.
EU = EEA - {"IS", "LI", "NO"}

#: Names that a condition may use in place of a list of countries.
REGIONS = {"EEA": EEA, "EU": EU}
#: Where what binds everywhere applies, such as the company's own promise.
WORLDWIDE = "worldwide"

#: A person whose country could not be found. It counts as the strictest place.
UNKNOWN_PLACE = "unknown"

PLACES = _COUNTRIES | {f"{country}-{part}" for country, parts in _PARTS.items() for part in parts.split()}

#: How the institutions of the Union write two countries, and many a customer base with them (Interinstitutional Style
#: Guide, 7.1.1). ISO 3166-1 gives neither code to another country.
ALIASES = {"EL": "GR", "UK": "GB"}


def state_of(place: str) -> str:
    """The place whose authority is competent: `RE` gives `FR`, `PR` gives `US-PR`, `DE-BY` stays `DE-BY`."""
    return _BELONGS_TO.get(place, place)


def country_of(place: str) -> str:
    """The country of a place: `US-CA` and `PR` give `US`, `RE` gives `FR`."""
    return state_of(place).partition("-")[0]


def lies_in(place: str, wanted: Iterable[str]) -> bool | None:
    """Whether `place` is one of `wanted` or a part of one; None for a country of which only parts are wanted.

    An unknown place lies everywhere: it is the strictest.
    """
    if place == UNKNOWN_PLACE or not around(place).isdisjoint(wanted):
        return True
    return None if place in _PARTS and any(whole_of(name) == place for name in wanted) else False


def divided(place: str) -> bool:
    """Whether a country has parts that the law asks for, so that its name alone does not say where people live."""
    return place in _PARTS


def whole_of(place: str) -> str | None:
    """The country of which a place is a part: `US` of `US-CA`; None of a country or a region."""
    country, dash, _ = place.partition("-")
    return country if dash else None


# Every law asks where the same few places lie.
@cache
def around(place: str) -> frozenset[str]:
    """Everything in which a place lies: itself, its state, its country, regions."""
    own = {place, state_of(place), country_of(place)}
    return frozenset(own | {region for region, members in REGIONS.items() if own & members})
