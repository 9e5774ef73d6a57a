"""Locations and their regions: created and updated by the organisation's own codes."""

from dataclasses import dataclass, field
from datetime import date

from django.core.exceptions import ValidationError

from audits.history.files import BadValue, Folder, needed, number, short
from locations.models import Location, Region
from locations.models.places import check_time_zone

NO_REGION = "No region"
FIELDS = ("name", "address", "latitude", "longitude", "timezone", "opened_on", "closed_on")


@dataclass
class Locations:
    """The locations by code: those of the file as they will be, those that were here before, and their order."""

    wanted: dict[str, Location] = field(default_factory=dict)
    paths: dict[str, tuple[str, ...]] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    index: dict[str, int] = field(default_factory=dict)
    n_created: int = 0
    n_updated: int = 0
    n_unchanged: int = 0

    def pks(self) -> list[int]:
        """Primary keys in the order of `index`; asks the database, so that the new ones have theirs."""
        pks = dict(Location.objects.order_by().values_list("code", "pk"))
        return [pks[code] for code in self.index]


def check_locations(folder: Folder, *, zone: str, under: str) -> Locations:
    """Read locations.csv; a blank leaves a stored value as it is."""
    stored = {location.code: location for location in Location.objects.order_by().iterator()}
    locations = Locations(zones={code: location.timezone for code, location in stored.items()})
    lines: dict[str, int] = {}
    for line, values in folder.rows("locations"):
        try:
            code = needed("location_id", values[0])
            if code in lines:
                raise BadValue("location_id", code, f"repeats line {lines[code]}")
            lines[code] = line
            path = region_path(values[1], under=under)
            location = stored.get(code) or Location(code=code, name=code, timezone=zone)
            for name, value in _values(values).items():
                setattr(location, name, value)
            _check_together(location, values)
        except BadValue as bad:
            count_as = "repeats a line" if bad.reason.startswith("repeats") else ""
            folder.fault("locations", line, bad.column, bad.value, bad.reason, count_as=count_as)
            continue
        locations.wanted[code] = location
        locations.paths[code] = path
        locations.zones[code] = location.timezone
    locations.index = {code: index for index, code in enumerate(locations.zones)}
    return locations


def region_path(text: str, *, under: str) -> tuple[str, ...]:
    """The names from the root down. Where the file is silent, a region says so, for every location has one."""
    steps = [step.strip() for step in f"{under}/{text.strip() or NO_REGION}".split("/") if step.strip()]
    for step in steps:
        short("region", step, longest=120)
    path = "/".join(steps)
    if len(steps) > 12:
        raise BadValue("region", path, "is more than 12 levels deep")
    return tuple(steps)


def _values(row: tuple[str, ...]) -> dict[str, object]:
    """What the row says; what it leaves blank is absent."""
    _code, _region, name, opened, closed, latitude, longitude, zone = row
    if bool(latitude.strip()) != bool(longitude.strip()):
        column = "longitude" if latitude.strip() else "latitude"
        raise BadValue(column, "", "give both coordinates or none")
    if zone.strip():
        try:
            check_time_zone(zone.strip())
        except ValidationError:
            raise BadValue("timezone", zone, "is no time zone: use a name such as Europe/London") from None
    values = {
        "name": short("name", name, longest=160),
        "opened_on": day("opened_on", opened),
        "closed_on": day("closed_on", closed),
        "latitude": number("latitude", latitude, low=-90, high=90),
        "longitude": number("longitude", longitude, low=-180, high=180),
        "timezone": zone.strip(),
    }
    return {name: value for name, value in values.items() if value not in ("", None)}


def _check_together(location: Location, row: tuple[str, ...]) -> None:
    if location.opened_on and location.closed_on and location.closed_on < location.opened_on:
        raise BadValue("closed_on", row[4], f"lies before the opening on {location.opened_on}")


def day(column: str, value: str) -> date | None:
    """A date; None for a blank."""
    if not value.strip():
        return None
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        raise BadValue(column, value, "is no date: write it as YYYY-MM-DD") from None


def store_locations(locations: Locations) -> None:
    regions = _store_regions(set(locations.paths.values()))
    before = {row["code"]: row for row in Location.objects.order_by().values("code", "region_id", *FIELDS)}
    fresh: list[Location] = []
    changed: list[Location] = []
    for code, location in locations.wanted.items():
        location.region = regions[locations.paths[code]]
        if code not in before:
            fresh.append(location)
        elif any(before[code][name] != getattr(location, name) for name in ("region_id", *FIELDS)):
            changed.append(location)
    Location.objects.bulk_create(fresh, batch_size=1_000)
    Location.objects.bulk_update(changed, ["region", *FIELDS], batch_size=100)
    locations.n_created, locations.n_updated = len(fresh), len(changed)
    locations.n_unchanged = len(locations.wanted) - len(fresh) - len(changed)


def _store_regions(paths: set[tuple[str, ...]]) -> dict[tuple[str, ...], Region]:
    known = {(region.parent_id, region.name): region for region in Region.objects.all()}
    found: dict[tuple[str, ...], Region] = {}
    every_level = {leaf[:depth] for leaf in paths for depth in range(1, len(leaf) + 1)}
    for path in sorted(every_level):  # parents before their children
        parent = found.get(path[:-1])
        branch = (parent.pk if parent else None, path[-1])
        if branch not in known:
            known[branch] = Region.objects.create(name=path[-1], parent=parent)
        found[path] = known[branch]
    return found
