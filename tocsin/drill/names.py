"""Names of the drill's customers, as their countries write them; a few are hostile, since some real ones will be.

All are common given and family names put together by chance: nobody is meant.
"""

from random import Random

_GIVEN_VN = (
    "Ngọc Ánh",
    "Minh Đức",
    "Thị Hằng",
    "Quang Huy",
    "Bảo Trân",
    "Hữu Phước",
    "Thuỳ Dương",
    "Gia Bảo",
    "Kim Oanh",
)
_FAMILY_VN = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý")
_WESTERN = {
    "DE": (
        ("Jürgen", "Anke", "Björn", "Käthe", "Lukas", "Grete"),
        ("Müller", "Groß", "Schäfer", "Weiß", "Krämer"),
    ),
    "FR": (
        ("Éloïse", "François", "Hélène", "Noël", "Chloé"),
        ("Lefèvre", "Dupré", "Garçon", "Bérenger", "Aubert"),
    ),
    "NL": (
        ("Sanne", "Joris", "Maaike", "Sjoerd", "Femke"),
        ("van den Berg", "de Vries", "Brouwer", "IJzerman"),
    ),
    "US-CA": (
        ("Maria", "James", "Siobhán", "Xóchitl", "Andre"),
        ("O'Neill", "Smith-Jones", "Nguyen", "García", "Lee"),
    ),
    "SG": (("Wei Ling", "Arjun", "Siti", "Jun Jie", "Priya"), ("Tan", "Lim", "bte Rahman", "s/o Raj", "Ng")),
}
#: What a template, a chat, a spreadsheet, a page or a terminal might take for more than a name.
HOSTILE = (
    "{{7*7}}",
    "<!channel>",
    "\u202eRTL \u05d0\u05d1\u05d2",
    '=HYPERLINK("http://example.com")',
    "<script>alert(1)</script>",
    "Robert'); DROP TABLE customers;--",
    "*bold* _under_ `code`",
    "${HOME} %s #let x = 1",
)


def named(random: Random, country: str, number: int) -> str:
    """A name for customer `number` of a country (`VN`, `US-CA`). Every 97th is hostile."""
    if number % 97 == 96:
        return HOSTILE[number // 97 % len(HOSTILE)]
    if country == "VN":
        return f"{random.choice(_FAMILY_VN)} {random.choice(_GIVEN_VN)}"
    given, family = _WESTERN[country]
    return f"{random.choice(given)} {random.choice(family)}"
