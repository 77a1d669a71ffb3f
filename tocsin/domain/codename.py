"""Code names: what an incident is called where its title must not be seen. Innocuous, easy to say, never twice.

The number of the incident picks the pair, so that no two of the first thousands share one and nobody has to choose.
"""

_FIRST = (
    "Amber Ash Birch Brass Bronze Cedar Chalk Clay Coal Cobalt Copper Coral Cotton Elm Fern Flint Granite Hazel Indigo "
    "Iron Ivory Jade Larch Linen Maple Marble Mint Olive Onyx Opal Pearl Pewter Quartz Reed Rowan Russet Sand Silver "
    "Slate Teal Umber Walnut Willow"
).split()
_SECOND = (
    "Avocet Bittern Bunting Crane Curlew Dipper Dove Dunlin Egret Falcon Finch Gannet Godwit Grebe Gull Harrier Heron "
    "Hoopoe Ibis Jay Kestrel Kite Lapwing Lark Linnet Martin Merlin Oriole Osprey Owl Petrel Pipit Plover Puffin Quail "
    "Raven Robin Shrike Siskin Snipe Starling Stork Swift Teal Tern Thrush Wagtail Warbler Wren Wigeon"
).split()
#: Coprime to the number of pairs, so that neighbours look unlike each other and none comes twice.
_STRIDE = 997


def code_name(number: int) -> str:
    """The code name of the incident with this number; after all pairs are used, with a numeral behind it."""
    pairs = len(_FIRST) * len(_SECOND)
    place = number * _STRIDE % pairs
    name = f"{_FIRST[place % len(_FIRST)]} {_SECOND[place // len(_FIRST)]}"
    lap = (number - 1) // pairs
    return name if lap == 0 else f"{name} {lap + 1}"
