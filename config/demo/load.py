"""Writes the invented chain into an empty database: through the product's own checks, but in bulk."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from uuid import UUID, uuid5

import numpy as np
from django.contrib.auth.hashers import make_password
from django.db import transaction

from audits.intake.answers import AnswerSheet
from audits.intake.content import as_text, content_digest
from audits.intake.daypart import daypart_of
from audits.intake.document import INTERACTION_TIMES, Gps, InteractionDocument, ObservationDocument
from audits.intake.gps_grade import CAMERA_ACCURACY_M, grade_gps
from audits.intake.photos import attach_photo
from audits.models import (
    Assignment,
    Criterion,
    Interaction,
    Observation,
    Option,
    Photo,
    Section,
    Standard,
    Version,
    Visit,
    VisitRevision,
)
from audits.signals import visit_approved
from audits.standards.cloning import clone
from audits.standards.publication import publish
from config.demo import circumstances, desk, photos, readings, standard
from config.demo.chain import ZONE, Chain, SentVisit, weeks_of
from config.demo.places import ACCOUNTS, ADMINISTRATOR, AUDITORS, CHAIN, PASSWORD, TREE, Account, email_of
from locations.accounts.roles import Role
from locations.models import Location, Membership, Metric, Reading, Region, User
from locations.signals import readings_changed

BATCH = 400
Step = Callable[[str], None]


def is_empty() -> bool:
    return not (Location.objects.exists() or User.objects.exists())


@transaction.atomic
def load(chain: Chain, *, say: Step) -> None:
    """All or nothing. Scores and flags are not written here: the product makes them from the visits."""
    say("places and people")
    regions = _regions()
    locations = _locations(chain, regions)
    users = _users(regions, locations)
    say("the standard")
    began = chain.today - timedelta(weeks=chain.n_weeks)
    version = _published(
        users["sue@fernhill.example"], at=datetime.combine(began, time(9), ZONE) - timedelta(days=30)
    )
    _draft(version, users["sue@fernhill.example"])
    say("photos")
    drawn = _draw_photos(chain)
    say(f"{len(chain.visits):,} visits")
    _visits(chain, locations, users, version)
    _attach(drawn)
    desk.lay(chain, users)
    say("reported numbers")
    _readings(chain, locations)
    say("this week's assignments")
    _assignments(chain, locations, users, version)


# ---- places and people


def _regions() -> dict[str, Region]:
    regions = {CHAIN: Region.objects.create(name=CHAIN)}
    for division, below in TREE.items():
        regions[division] = Region.objects.create(name=division, parent=regions[CHAIN])
        for name in below:
            regions[name] = Region.objects.create(name=name, parent=regions[division])
    return regions


def _locations(chain: Chain, regions: dict[str, Region]) -> list[Location]:
    founded = chain.today - timedelta(days=365 * 6)
    locations = [
        Location(
            code=place.code,
            name=place.name,
            region=regions[place.region],
            address=place.address,
            latitude=place.latitude,
            longitude=place.longitude,
            timezone=ZONE.key,
            opened_on=chain.opened_on.get(number, founded),
        )
        for number, place in enumerate(chain.stores)
    ]
    Location.objects.bulk_create(locations)
    return locations


def _users(regions: dict[str, Region], locations: list[Location]) -> dict[str, User]:
    """The accounts that are printed, the auditors of the regions, and the administrator; one password for all."""
    password = make_password(PASSWORD)
    auditors = [
        Account(email_of(name), first_name, last_name, Role.AUDITOR, region)
        for region, team in AUDITORS.items()
        for name in team
        for first_name, last_name in [name.split()]
    ]
    accounts = {account.email: account for account in (*auditors, *ACCOUNTS, ADMINISTRATOR)}
    users = {
        account.email: User(
            email=account.email,
            first_name=account.first_name,
            last_name=account.last_name,
            password=password,
            is_staff=account.role in {"", Role.STANDARDS, Role.DIRECTOR, Role.MANAGER, Role.INTEGRATOR},
            is_superuser=not account.role,
        )
        for account in accounts.values()
    }
    User.objects.bulk_create(users.values())
    by_name = {location.name: location for location in locations}
    for account in accounts.values():
        if account.role == Role.STORE:
            location = by_name[account.place]
            Membership.objects.create(
                user=users[account.email], region=location.region, location=location, role=account.role
            )
        elif account.role:
            Membership.objects.create(user=users[account.email], region=regions[account.place], role=account.role)
    return users


# ---- the standard


def _published(owner: User, *, at: datetime) -> Version:
    version = Version.objects.create(
        standard=Standard.objects.create(key=standard.KEY, name=standard.NAME, description=standard.DESCRIPTION),
        number=1,
        note="First issue",
    )
    written: dict[str, Criterion] = {}
    for position, moment in enumerate(standard.MOMENTS):
        section = Section.objects.create(
            version=version,
            key=moment.key,
            title=moment.title,
            guidance=moment.guidance,
            asked=moment.asked,
            position=position,
        )
        for place, asked in enumerate(moment.criteria):
            written[asked.key] = _criterion(section, asked, place, written)
    return publish(version=version, by=owner, at=at)


def _criterion(section: Section, asked: standard.Asked, position: int, written: dict[str, Criterion]) -> Criterion:
    full, zero = asked.bounds
    criterion = Criterion.objects.create(
        section=section,
        key=asked.key,
        text=asked.text,
        guidance=asked.guidance,
        kind=asked.kind,
        dimension=asked.dimension,
        weight=asked.weight,
        is_critical=asked.is_critical,
        yes_conforms=asked.yes_conforms,
        full_credit=full,
        zero_credit=zero,
        wants_photo=asked.wants_photo,
        shown_if=written[asked.shown_if[0]] if asked.shown_if else None,
        shown_if_value=asked.shown_if[1] if asked.shown_if else "",
        position=position,
    )
    Option.objects.bulk_create(
        Option(criterion=criterion, value=value, label=label, conformity=conformity, position=place)
        for place, (value, label, conformity) in enumerate(asked.options)
    )
    return criterion


def _draft(version: Version, owner: User) -> None:
    """The next version, waiting in the admin with one criterion more."""
    draft = clone(version=version, by=owner)
    draft.note = "Adds the width of the main aisle"
    draft.save(update_fields=["note"])
    section = draft.sections.get(key="shop")
    before_words = section.criteria.get(key="in-words")
    _criterion(section, standard.PROPOSED, before_words.position, {})
    before_words.position += 1
    before_words.save(update_fields=["position"])


# ---- visits


def _visits(chain: Chain, locations: list[Location], users: dict[str, User], version: Version) -> None:
    sheet = AnswerSheet(version)
    for start in range(0, len(chain.visits), BATCH):
        batch = chain.visits[start : start + BATCH]
        for sent in batch:
            sent.payload |= {"location": locations[sent.store].pk, "version": version.pk}
        Visit.objects.bulk_create(_visit(sent, locations, users, version) for sent in batch)
        Interaction.objects.bulk_create(one for sent in batch for one in _interactions(sent))
        Observation.objects.bulk_create(one for sent in batch for one in _observations(sent, sheet))
        Photo.objects.bulk_create(
            one for sent in batch for one in _expected_photos(sent, sheet, locations[sent.store])
        )
        VisitRevision.objects.bulk_create(_revision(sent) for sent in batch)
        visit_approved.send(sender=Visit, visit_ids=[sent.id for sent in batch])


def _visit(sent: SentVisit, locations: list[Location], users: dict[str, User], version: Version) -> Visit:
    location, started_at = locations[sent.store], _true_time(sent, sent.payload["started_at"])
    gps = grade_gps(Gps(**sent.payload["place"]), location)
    return Visit(
        id=sent.id,
        location=location,
        version=version,
        auditor=users[sent.auditor],
        kind=Assignment.Kind.UNANNOUNCED,
        mode=sent.payload["mode"],
        started_at=started_at,
        ended_at=_true_time(sent, sent.payload["ended_at"]),
        daypart=daypart_of(started_at.astimezone(location.zone)),
        note=sent.payload["note"],
        clock_offset_ms=sent.payload["clock_offset_ms"],
        gps_grade=gps.grade,
        gps_distance_m=gps.distance_m,
        gps_accuracy_m=gps.accuracy_m,
        conflict_of_interest=sent.payload["conflict_of_interest"],
        conflict_of_interest_note=sent.payload["conflict_of_interest_note"],
        digest=content_digest(sent.payload),
        received_at=sent.received_at,
        approved_at=sent.received_at,
        **sent.payload["context"],
    )


def _revision(sent: SentVisit) -> VisitRevision:
    digest = content_digest(sent.payload)
    return VisitRevision(
        visit_id=sent.id, revision=1, text=as_text(sent.payload), digest=digest, received_at=sent.received_at
    )


def _true_time(sent: SentVisit, stamp: str) -> datetime:
    """What the server's clock would have shown."""
    return datetime.fromisoformat(stamp) - timedelta(milliseconds=sent.payload["clock_offset_ms"])


def _interactions(sent: SentVisit) -> Iterable[Interaction]:
    for position, interaction in enumerate(sent.payload["interactions"]):
        yield Interaction(
            id=interaction["id"],
            visit_id=sent.id,
            position=position,
            label=interaction["label"],
            **{name: _true_time(sent, interaction[name]) for name in INTERACTION_TIMES},
        )


def _observations(sent: SentVisit, sheet: AnswerSheet) -> list[Observation]:
    encounters = [
        InteractionDocument(UUID(each["id"]), _answered(each["observations"]))
        for each in sent.payload["interactions"]
    ]
    answers = sheet.check(encounters, _answered(sent.payload["observations"]))
    if answers.problems:
        raise ValueError(f"The invented visit {sent.id} does not fit its version: {answers.problems[0]}")
    for observation in answers.observations:
        observation.visit_id = sent.id
    return answers.observations


def _answered(sent: list[dict]) -> tuple[ObservationDocument, ...]:
    return tuple(ObservationDocument(**each) for each in sent)


def _expected_photos(sent: SentVisit, sheet: AnswerSheet, location: Location) -> Iterable[Photo]:
    for photo in sent.payload["photos"]:
        gps = grade_gps(Gps(**photo["place"]), location, unknown_accuracy_m=CAMERA_ACCURACY_M)
        yield Photo(
            id=photo["id"],
            visit_id=sent.id,
            interaction_id=photo["interaction"],
            criterion=sheet.criteria[photo["criterion"]][1],
            sha256=photo["sha256"],
            taken_at=_true_time(sent, photo["taken_at"]),
            gps_grade=gps.grade,
            gps_distance_m=gps.distance_m,
        )


def _draw_photos(chain: Chain) -> dict[str, bytes]:
    """Draws what the visits planned and names it in their payloads; photo id -> bytes."""
    drawn: dict[str, bytes] = {}
    for sent in chain.visits:
        for planned in sent.photos:
            id_ = str(uuid5(sent.id, f"{planned.criterion} {planned.interaction}"))
            drawn[id_] = photos.draw(planned.scene, seed=len(drawn))
            sent.payload["photos"].append(
                {
                    "id": id_,
                    "criterion": planned.criterion,
                    "interaction": planned.interaction,
                    "sha256": hashlib.sha256(drawn[id_]).hexdigest(),
                    "taken_at": planned.taken_at.isoformat(),
                    "place": circumstances.beside(chain.stores[sent.store], 25)
                    | {"accuracy_m": None, "refused": False},
                }
            )
    return drawn


def _attach(drawn: dict[str, bytes]) -> None:
    for photo in Photo.objects.filter(pk__in=list(drawn)).select_related("visit"):
        attach_photo(visit=photo.visit, photo_id=photo.pk, data=drawn[str(photo.pk)])


# ---- reported numbers and what is planned


def _readings(chain: Chain, locations: list[Location]) -> None:
    weeks, tables = weeks_of(chain), readings.values(chain)
    for reported in readings.METRICS:
        metric = Metric.objects.create(key=reported.key, **reported.fields)
        table = tables[reported.key]
        Reading.objects.bulk_create(
            (
                Reading(
                    location=locations[store],
                    metric=metric,
                    period_start=weeks[week],
                    period_end=weeks[week] + timedelta(days=6),
                    value=table[store, week],
                )
                for store, week in np.argwhere(np.isfinite(table)).tolist()
            ),
            batch_size=2000,
        )
    readings_changed.send(sender=Reading, location_ids={location.pk for location in locations})


def _assignments(chain: Chain, locations: list[Location], users: dict[str, User], version: Version) -> None:
    """Each auditor has a few places to go in the next days; the first of the tour's auditor closes tomorrow."""
    today = chain.today
    dayparts = ("", "morning", "", "evening", "afternoon")
    rows = []
    for region, team in AUDITORS.items():
        here = [location for number, location in enumerate(locations) if chain.stores[number].region == region]
        for number, location in enumerate(here):
            rows.append(
                Assignment(
                    location=location,
                    version=version,
                    # the first auditor of a region gets every other place, the two others share the rest
                    auditor=users[email_of(team[0 if number % 2 == 0 else 1 + number // 2 % 2])],
                    kind=Assignment.Kind.ANNOUNCED if number % 5 == 4 else Assignment.Kind.UNANNOUNCED,
                    opens_on=today - timedelta(days=number % 3),
                    closes_on=today + timedelta(days=1 + number),
                    daypart=dayparts[number % len(dayparts)],
                )
            )
    shopper = next(account for account in ACCOUNTS if account.role == Role.SHOPPER)
    in_reach = [location for location in locations if location.region.name == shopper.place]
    rows += [
        Assignment(
            location=location,
            version=version,
            auditor=users[shopper.email],
            kind=Assignment.Kind.COVERT,
            opens_on=today,
            closes_on=today + timedelta(days=6),
        )
        for location in in_reach[:2]
    ]
    Assignment.objects.bulk_create(rows)
