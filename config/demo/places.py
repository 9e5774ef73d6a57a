"""Where the invented chain has its stores, and who works for it. No such places or people exist."""

from dataclasses import dataclass

CHAIN = "Fernhill"
TREE = {
    "North": {
        "Northern Coast": ("NC", "Wexmouth", 54.97, -1.45),
        "The Dales": ("DA", "Arkleby", 54.21, -2.10),
        "Border": ("BO", "Kelderness", 55.55, -2.75),
    },
    "South": {
        "Estuary": ("ES", "Thornsea", 51.55, 0.62),
        "The Downs": ("DO", "Ashcombe", 51.05, -0.62),
        "West Country": ("WC", "Polwithen", 50.62, -3.95),
    },
}
"""Division -> region -> its code, its largest town and where that lies."""

STREETS = {
    "Northern Coast": (
        "Harbour Street", "Mill Lane", "Quayside", "Market Row", "Castle Gate", "Station Road", "Kiln Yard",
        "Lighthouse Parade", "Ferry Landing", "Chapel Brow",
    ),
    "The Dales": (
        "Bridge End", "Tannery Court", "Beckside", "Sheep Street", "Priory Walk", "Fell View", "Weavers Row",
        "Drovers Way", "Abbey Corner", "Limekiln Lane",
    ),
    "Border": (
        "Tollbooth Square", "Peel Gate", "Abbotsgate", "Saltmarket", "Horse Wynd", "Tweed Arcade", "Mercat Place",
        "Guildhall Close", "Railway Terrace", "Rope Walk",
    ),
    "Estuary": (
        "Marsh Road", "Custom House Lane", "Barge Wharf", "Oyster Row", "Fort Street", "Cinema Parade",
        "Southgate", "Maltings Yard", "Pier Approach", "Vicarage Hill",
    ),
    "The Downs": (
        "High Street Ashcombe", "Swan Corner", "Chalk Pit Lane", "The Pantiles Yard", "Beacon Road", "Hop Garden",
        "Orchard Place", "Racecourse Road", "Windmill Hill", "Cloth Hall",
    ),
    "West Country": (
        "Fore Street", "Tinners Row", "Packhorse Bridge", "Cider Press Lane", "Moor View", "Granite Quay",
        "Clock Tower", "Cathedral Green", "Bakers Court", "Coombe Cross",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Store:
    code: str
    name: str
    region: str
    address: str
    latitude: float
    longitude: float


def stores(n: int) -> list[Store]:
    """The first `n` stores, spread over the regions in turn, so that a smaller chain still has all six."""
    towns = {region: town for regions in TREE.values() for region, town in regions.items()}
    most = sum(len(streets) for streets in STREETS.values())
    if not 1 <= n <= most:
        raise ValueError(f"The invented chain has 1 to {most} stores; got {n}.")
    found = []
    for number in range(n):
        region = list(STREETS)[number % len(STREETS)]
        place = number // len(STREETS)
        code, town, latitude, longitude = towns[region]
        # an open spiral around the region's town: near, never on one spot
        found.append(
            Store(
                code=f"{code}{place + 1:02d}",
                name=STREETS[region][place],
                region=region,
                address=f"{3 + 7 * place} {STREETS[region][place]}, {town}",
                latitude=round(latitude + 0.035 * place * (-1) ** place, 5),
                longitude=round(longitude + 0.028 * place * (-1) ** (place // 2), 5),
            )
        )
    return found


@dataclass(frozen=True)
class Account:
    """Somebody who signs in. `place` is a region's name, the chain's, or (for a store) a store's."""

    email: str
    first_name: str
    last_name: str
    role: str
    place: str
    shows: str = ""


PASSWORD = "plumb-line-demo"  # printed on purpose: these accounts exist only in the demonstration
ACCOUNTS = (
    Account("mia@fernhill.example", "Mia", "Lindqvist", "manager", "Northern Coast", "drift report of ten stores"),
    Account(
        "ana@fernhill.example", "Ana", "Ferreira", "auditor", "Northern Coast", "open visits on the phone's page"
    ),
    Account(
        "sue@fernhill.example", "Sue", "Okafor", "standards", CHAIN, "standard with a waiting draft, in the admin"
    ),
    Account("dan@fernhill.example", "Dan", "Hartmann", "director", CHAIN, "all regions, readings, assignments"),
    Account("eva@fernhill.example", "Eva", "Castellano", "executive", CHAIN, "all regions, reading only"),
    Account(
        "rob@fernhill.example",
        "Rob",
        "Nakamura",
        "reviewer",
        "North",
        "the reviewers' desk: what waits in the North, what was sent back",
    ),
    Account("shona@fernhill.example", "Shona", "Byrne", "shopper", "Northern Coast", "covert visits"),
    Account(
        "sam@fernhill.example",
        "Sam",
        "Whitlock",
        "store",
        "Harbour Street",
        "nothing yet: results have to be released to a store",
    ),
    Account("ian@fernhill.example", "Ian", "Petrov", "integrator", CHAIN, "sends readings"),
)
ADMINISTRATOR = Account("root@fernhill.example", "Root", "Fernhill", "", CHAIN, "everything, in the admin")

AUDITORS = {
    "Northern Coast": ("Ana Ferreira", "Ben Adeyemi", "Cleo Marsh"),
    "The Dales": ("Dora Vance", "Emil Novak", "Freya Holt"),
    "Border": ("Gus Moreau", "Hana Sato", "Ivo Kerr"),
    "Estuary": ("Jude Abara", "Kit Larsen", "Lena Brandt"),
    "The Downs": ("Max Sorel", "Nia Powell", "Otto Reiss"),
    "West Country": ("Pia Conti", "Quin Docherty", "Rita Sandhu"),
}
"""Three auditors a region; the last of The Downs is the strict one (`drifts.STRICT`)."""


def email_of(name: str) -> str:
    return f"{name.split()[0].lower()}@fernhill.example"
