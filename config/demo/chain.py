"""The invented chain as data: stores, visits as phones would have sent them, readings. A function of date and seed.

Model of one answer (logits): ease of the criterion + store + store in this moment + auditor's severity + part of the
day + staffing + December - drift + this visit + this interaction. `answers` turns the sum into what was ticked.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from config.demo import answers, circumstances, words
from config.demo.drifts import DRIFTS, EVENING_STORE, EVENING_WEEKS_AGO, OPENED_LATELY, STRICT, Drift
from config.demo.places import ACCOUNTS, AUDITORS, Store, email_of, stores
from config.demo.standard import MOMENTS, Asked, Moment

SEED = 6
ZONE = ZoneInfo("Europe/London")
VISITS_A_MONTH = 2.6
DAYPART = {"morning": 0.0, "afternoon": -0.05, "evening": -0.35}
DECEMBER = -0.3
STAFFING = ((1, 0.1), (3, 0.0), (99, -0.35))
"""Up to so many customers waiting for each member of staff -> effect."""
SD = {"store": 0.35, "moment": 0.2, "auditor": 0.3, "visit": 0.25, "interaction": 0.3}
SHARE_NOT_APPLICABLE, SHARE_NOT_OBSERVED, SHARE_LATE = 0.05, 0.03, 0.04
N_PHOTOS = 36


@dataclass
class PlannedPhoto:
    """Evidence to be drawn: what it shows, and what it hangs on."""

    scene: str
    criterion: str
    interaction: str | None
    taken_at: datetime


@dataclass
class SentVisit:
    """A visit as a phone sends it. `payload` still lacks the ids that only the database gives: location, version."""

    id: UUID
    store: int
    auditor: str
    received_at: datetime
    payload: dict
    failed: list[tuple[str, str | None]] = field(default_factory=list)
    photos: list[PlannedPhoto] = field(default_factory=list)


@dataclass(frozen=True)
class Chain:
    today: date
    stores: list[Store]
    opened_on: dict[int, date]
    visits: list[SentVisit]
    n_weeks: int


def make(*, today: date, n_stores: int = 60, n_weeks: int = 78, seed: int = SEED) -> Chain:
    """Everything that happened in the `n_weeks` before `today`; the same arguments give the same chain."""
    places = stores(n_stores)
    rng = random.Random(seed)
    opened_on = {
        number: today - timedelta(weeks=OPENED_LATELY[place.name])
        for number, place in enumerate(places)
        if place.name in OPENED_LATELY
    }
    severity = {email_of(name): rng.gauss(0, SD["auditor"]) for team in AUDITORS.values() for name in team}
    severity[email_of(STRICT.auditor)] = STRICT.severity
    visits: list[SentVisit] = []
    for number, place in enumerate(places):
        first = opened_on.get(number, today - timedelta(weeks=n_weeks))
        own = random.Random(f"{seed} {place.code}")  # what happens in one store moves no other
        visits += _Storyteller(place, number, today, severity, own).visits(first)
    visits.sort(key=lambda visit: visit.received_at)
    _plan_photos(visits, places, rng)
    return Chain(today, places, opened_on, visits, n_weeks)


class _Storyteller:
    """Tells the visits to one store, oldest first."""

    def __init__(self, place: Store, number: int, today: date, severity: dict[str, float], rng: random.Random):
        self.place, self.number, self.today, self.severity, self.rng = place, number, today, severity, rng
        self.level = rng.gauss(0, SD["store"])
        self.levels = {moment.key: rng.gauss(0, SD["moment"]) for moment in MOMENTS}
        self.drifts = [drift for drift in DRIFTS if drift.store == place.name]
        team = [email_of(name) for name in AUDITORS[place.region]]
        strict = email_of(STRICT.auditor)
        self.team = [auditor for auditor in team if auditor != strict]
        self.is_trap = place.region == STRICT.region and number // len(AUDITORS) < STRICT.n_stores
        self.strict = strict

    def visits(self, first: date) -> list[SentVisit]:
        found = []
        mean_gap = 365.25 / 12 / VISITS_A_MONTH
        day = first + timedelta(days=self.rng.uniform(0, mean_gap))
        while day < self.today:
            found.append(self._visit(day))
            day += timedelta(days=max(2, round(self.rng.gauss(mean_gap, mean_gap / 3))))
        return found

    def _visit(self, day: date) -> SentVisit:
        rng = self.rng
        weeks_ago = (self.today - day).days / 7
        daypart = self._daypart(weeks_ago)
        hours = {"morning": (9.2, 11.6), "afternoon": (12.2, 16.5), "evening": (17.1, 19.2)}[daypart]
        started = datetime.combine(day, time(), ZONE) + timedelta(minutes=round(60 * rng.uniform(*hours)))
        waiting = rng.choice((0, 1, 1, 2, 2, 3, 4, 6)) + (2 if daypart == "evening" else 0)
        staff = rng.choice((1, 2, 2, 3, 3, 4))
        auditor = self._auditor(weeks_ago)
        mood = (
            self.level
            - self.severity[auditor]
            + DAYPART[daypart]
            + next(effect for most, effect in STAFFING if waiting <= most * staff)
            + (DECEMBER if day.month == 12 else 0)
            + rng.gauss(0, SD["visit"])
        )
        moods = {
            moment.key: mood + self.levels[moment.key] - self._drift(moment.key, weeks_ago) for moment in MOMENTS
        }
        visit = SentVisit(UUID(int=rng.getrandbits(128), version=4), self.number, auditor, started, {})
        interactions, ended = self._interactions(visit, moods, started, daypart)
        per_visit = self._observations(visit, [MOMENTS[-1]], moods, None)
        ended += timedelta(minutes=rng.randint(3, 9))
        midnight = datetime.combine(self.today, time(), ZONE)
        visit.received_at = min(ended + self._delay(), midnight)
        visit.payload = {
            "location": None,
            "version": None,
            "assignment": None,
            "started_at": started.astimezone(UTC).isoformat(),
            "ended_at": ended.astimezone(UTC).isoformat(),
            "mode": "live",
            "clock_offset_ms": rng.randint(-900, 900),
            "context": {
                "staff_seen": staff,
                "customers_waiting": waiting,
                "busyness": "busy" if waiting > 4 else "quiet" if waiting < 2 else "normal",
            },
            "note": "",
            "interactions": interactions,
            "observations": per_visit,
            "photos": [],
        }
        self._tell(visit)
        circumstances.complete(visit.payload, visit=visit.id, place=self.place)
        return visit

    def _daypart(self, weeks_ago: float) -> str:
        if self.place.name == EVENING_STORE and weeks_ago < EVENING_WEEKS_AGO and self.rng.random() < 0.85:
            return "evening"
        return self.rng.choices(("morning", "afternoon", "evening"), (0.35, 0.4, 0.25))[0]

    def _auditor(self, weeks_ago: float) -> str:
        if self.is_trap and weeks_ago < STRICT.weeks_ago and self.rng.random() < 0.9:
            return self.strict
        if self.rng.random() < 0.06 and self.place.region == STRICT.region:
            return self.strict
        # each store has a usual auditor and, about every third time, another one
        usual = self.number // len(AUDITORS) % len(self.team)
        return self.team[usual] if self.rng.random() < 0.65 else self.rng.choice(self.team)

    def _drift(self, section: str, weeks_ago: float) -> float:
        return sum(drift.at(weeks_ago) for drift in self.drifts if _touches(drift, section))

    def _delay(self) -> timedelta:
        """Most visits arrive within minutes; a few phones stay without signal for days."""
        if self.rng.random() < SHARE_LATE:
            return timedelta(hours=self.rng.uniform(4, 9))
        return timedelta(seconds=self.rng.uniform(5, 600))

    def _interactions(
        self, visit: SentVisit, moods: dict[str, float], started: datetime, daypart: str
    ) -> tuple[list[dict], datetime]:
        rng, now, told = self.rng, started + timedelta(minutes=self.rng.randint(2, 6)), []
        n = rng.choices((1, 2, 3, 4), (0.22, 0.38, 0.28, 0.12))[0]
        for label in rng.sample(words.PLACES_SEEN[daypart], n):
            luck = rng.gauss(0, SD["interaction"])
            id_ = str(UUID(int=rng.getrandbits(128), version=4))
            own = {key: mood + luck for key, mood in moods.items()}
            observations = self._observations(visit, list(MOMENTS[:-1]), own, id_)
            said = {one["criterion"]: one["value"] for one in observations}
            seen = now + timedelta(seconds=said.get("wait-acknowledged") or 40)
            helped = seen + timedelta(seconds=said.get("wait-helped") or 90)
            ended = helped + timedelta(seconds=rng.randint(150, 540))
            times = (now, seen, helped, ended)
            names = ("started_at", "acknowledged_at", "helped_at", "ended_at")
            stamps = {name: moment.astimezone(UTC).isoformat() for name, moment in zip(names, times, strict=True)}
            told.append({"id": id_, "label": label, **stamps, "observations": observations})
            now = ended + timedelta(minutes=rng.randint(1, 5))
        return told, now

    def _observations(
        self, visit: SentVisit, moments: list[Moment], moods: dict[str, float], interaction: str | None
    ) -> list[dict]:
        rng = self.rng
        found: list[dict] = []
        said: dict[str, object] = {}
        for moment in moments:
            for asked in moment.criteria:
                if asked.shown_if and said.get(asked.shown_if[0]) != asked.shown_if[1]:
                    continue
                state, value, note = self._state(asked), None, ""
                if state == "answered":
                    value = answers.draw(asked, moods[moment.key] + asked.ease, rng)
                    said[asked.key] = (
                        {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
                    )
                    kept = answers.is_kept(asked, value)
                    note = self._note(asked, kept)
                    if kept is False:
                        visit.failed.append((asked.key, interaction))
                found.append({"criterion": asked.key, "state": state, "value": value, "note": note})
        return found

    def _state(self, asked: Asked) -> str:
        if asked.is_critical or asked.shown_if or asked.kind == "text":
            return "answered"
        luck = self.rng.random()
        if luck < SHARE_NOT_APPLICABLE:
            return "does_not_apply"
        return "not_observed" if luck < SHARE_NOT_APPLICABLE + SHARE_NOT_OBSERVED else "answered"

    def _note(self, asked: Asked, kept: bool | None) -> str:
        luck = self.rng.random()
        if kept is False and asked.key in words.FAILED and luck < 0.3:
            return self.rng.choice(words.FAILED[asked.key])
        if kept and asked.dimension == "delivery" and luck < 0.02:
            return self.rng.choice(words.KEPT)
        return ""

    def _tell(self, visit: SentVisit) -> None:
        """The closing words follow from what was seen, so that reading them and the figures agree."""
        failed = [_SECTION_OF[key] for key, _ in visit.failed]
        worst = max(sorted(set(failed)), key=failed.count, default=None)
        own = next(one for one in visit.payload["observations"] if one["criterion"] == "in-words")
        if worst and failed.count(worst) >= 2:
            own["value"] = words.TOLD_POOR[worst]
        else:
            own["value"] = self.rng.choice(words.TOLD_GOOD)


_SECTION_OF = {asked.key: moment.key for moment in MOMENTS for asked in moment.criteria}


def _touches(drift: Drift, section: str) -> bool:
    return not drift.sections or section in drift.sections


SCENES = {
    "entrance-clear": "entrance",
    "empty-facings": "shelf",
    "price-cards": "cards",
    "tills-staffed": "till",
    "queue-response": "till",
    "escape-route": "exit",
}


def _plan_photos(visits: list[SentVisit], places: list[Store], rng: random.Random) -> None:
    """The latest failures that want a photo get one, at most two a visit; most in the region that the tour opens."""
    shown = ACCOUNTS[0].place
    for is_shown, left in ((True, N_PHOTOS * 2 // 3), (False, N_PHOTOS // 3)):
        for visit in reversed(visits):
            if (places[visit.store].region == shown) != is_shown:
                continue
            wanted = [(key, interaction) for key, interaction in visit.failed if key in SCENES]
            for key, interaction in wanted[: min(2, left)]:
                moment = datetime.fromisoformat(visit.payload["ended_at"]) - timedelta(seconds=rng.randint(20, 170))
                visit.photos.append(PlannedPhoto(SCENES[key], key, interaction, moment))
                left -= 1


def weeks_of(chain: Chain) -> list[date]:
    """The Mondays of the full weeks that lie between the chain's first day and today."""
    monday = chain.today - timedelta(days=chain.today.weekday())
    return [monday - timedelta(weeks=back) for back in range(chain.n_weeks, 0, -1)]


def weeks_ago(chain: Chain) -> np.ndarray:
    """(n_weeks,) how many weeks lie between the middle of each week and today."""
    return np.array([(chain.today - monday).days / 7 - 0.5 for monday in weeks_of(chain)])
