"""A made chain, visit by visit.

logit P(conform) = ease of the criterion + location (+ its section) + auditor (+ in that section) + daypart + staffing
+ what moves the whole chain, the region or the store's own year - drop + what is particular to the visit and to the
interaction. Each part draws from a stream of its own, so that two chains that differ by one option differ by no other
draw, as long as the visits stay the same.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from bench.chains.auditors import Auditors
from bench.chains.changes import fall_at, truth_of
from bench.chains.options import FIRST_DAY, MONTH, YEAR, Options
from bench.chains.truth import CONSISTENCY, EVENINGS, TRAPS, Truth
from reports.measure.model.chain import FULL, NONE, Chain

DAYPARTS = ("afternoon", "evening", "morning")  # in the order of the alphabet, as the product numbers them
STAFFINGS = ("high", "low", "normal")
HARDER = {"daypart": np.array([0.0, -0.35, 0.05]), "staffing": np.array([0.1, -0.3, 0.0])}
USUAL = {"daypart": (0.4, 0.25, 0.35), "staffing": (0.1, 0.2, 0.7)}
EASE, EASE_SD, NEW_FORM = 2.2, 0.7, -0.4  # a new form is harder
LOCATION_SD, REGION_SD, SECTION_SD = 0.45, 0.15, 0.25
VISIT_SD, INTERACTION_SD = 0.25, 0.30
UNEVEN_VISIT_SD, UNEVEN_INTERACTION_SD = 0.60, 1.0
NOT_ASKED = 0.10
DECEMBER, CHAIN_FALL = -0.30, -0.35
SHOCK_DAYS, SHOCKS_OF_REGION = 42.0, 2
BAD_SHARE = 0.75  # of a visit after which a risk-based plan sends the next one sooner
LEVEL_STEPS = np.array([1.4, 0.0, -1.4])  # logits, of the levels 2, 3 and 4 of a graded criterion
ATTENUATION = (16 * np.sqrt(3) / (15 * np.pi)) ** 2  # of a logit by a normal spread; Zeger, Liang & Albert (1988)


@dataclass(frozen=True, eq=False)
class Made:
    """A chain and what is true of it.

    levels : (L, C) true share of each criterion that a location keeps at a usual visit: severity 0, the dayparts and
    staffings of the generator, before anything changes; None where the generator does not tell.
    severities : (A,) logits, below 0 is severe, of each auditor of the chain over his visits; None likewise.
    """

    chain: Chain
    truth: Truth
    levels: np.ndarray | None = None
    severities: np.ndarray | None = None


def make(options: Options, seed: int) -> Made:
    """The same options and seed give the same chain."""
    return _Making(options, seed).made()


class _Making:
    def __init__(self, options: Options, seed: int):
        self.options, self.seed = options, seed
        n, rng = options.n_locations, self.stream("locations")
        self.region = np.arange(n) % options.n_regions
        self.level = rng.normal(0, LOCATION_SD, n) + rng.normal(0, REGION_SD, options.n_regions)[self.region]
        self.in_section = rng.normal(0, SECTION_SD, (n, options.n_sections))
        self.season = np.abs(rng.normal(0, 1, n)) * options.own_season, rng.uniform(0, YEAR, n)
        self.gap = MONTH / (options.visits_a_month * np.clip(rng.gamma(6, 1 / 6, n), 0.4, 2))
        in_turn = self.stream("uneven").permutation(n)
        self.visit_sd = np.where(in_turn < options.uneven * n, UNEVEN_VISIT_SD, VISIT_SD)
        self.interaction_sd = np.where(in_turn < options.uneven_service * n, UNEVEN_INTERACTION_SD, INTERACTION_SD)
        self.section = np.arange(options.n_criteria) * options.n_sections // options.n_criteria
        forms = np.array([EASE, EASE + NEW_FORM])[: 1 + options.new_form, None]
        self.ease = self.stream("criteria").normal(forms, EASE_SD, (forms.size, options.n_criteria))
        self.new_form_at = (options.start + options.stop) / 2
        when = options.start, options.stop
        self.shock_at = self.stream("shocks").uniform(*when, (options.n_regions, SHOCKS_OF_REGION))
        self.truth = truth_of(options, self.region, self.level, self.stream("truth"))
        self.auditors = Auditors(options, self.truth, self.region, self.stream("auditors"), self.stream("habits"))

    def stream(self, name: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, *name.encode()])

    def made(self) -> Made:
        """One visit of every location after the other, until all are beyond the end."""
        rng = self.stream("visits")
        place = np.arange(self.options.n_locations)
        due = FIRST_DAY + rng.exponential(self.gap)
        rounds = []
        while (going := due < self.options.stop).any():
            place, due = place[going], due[going]
            visits = self._visits(place, np.floor(due) + rng.uniform(0.37, 0.8, due.size), rng)
            rounds.append(visits)
            bad = visits["share"] < BAD_SHARE
            due = due + rng.exponential(self.gap[place]) / np.where(bad, self.options.sooner, 1.0)
        return Made(self._chain(rounds), self.truth, self._levels(), self._severities(rounds))

    def _severities(self, rounds: list[dict[str, np.ndarray]]) -> np.ndarray:
        person, time = (np.concatenate([visits[name] for visits in rounds]) for name in ("auditor", "time"))
        auditor = np.unique(person, return_inverse=True)[1]
        of_visits = self.auditors.severity(person, time).mean(axis=1)
        return np.bincount(auditor, of_visits) / np.bincount(auditor)

    def _levels(self) -> np.ndarray:
        """(L, C) what is kept at a usual visit, over what is particular to visits, interactions and circumstances."""
        logit = self.level[:, None] + self.in_section[:, self.section]
        logit = np.concatenate([logit + ease for ease in self.ease], axis=1)
        nodes, weight = np.polynomial.hermite_e.hermegauss(7)
        particular = nodes[:, None, None] * np.hypot(self.visit_sd, self.interaction_sd)[:, None]
        kept = _mean_kept(self.interaction_sd)[:, None]
        share = np.zeros(logit.shape)
        for daypart, often in zip(HARDER["daypart"], USUAL["daypart"], strict=True):
            for staffing, also in zip(HARDER["staffing"], USUAL["staffing"], strict=True):
                for extra, chance in zip(particular, weight / weight.sum(), strict=True):
                    share += often * also * chance * self._kept_at((logit + daypart + staffing) * kept + extra)
        return share

    def _kept_at(self, logit: np.ndarray) -> np.ndarray:
        return np.mean([expit(logit + step) for step in self._steps()], axis=0)

    def _steps(self) -> np.ndarray:
        return np.zeros(1) if self.options.levels == 2 else LEVEL_STEPS

    def _visits(self, place: np.ndarray, time: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """A visit at each place: who went, when, and what was rated; the ratings' rows follow the visits."""
        n, truth = place.size, self.truth
        begun = truth.share_of_drop(place, time)
        auditor = self.auditors.who(place, time, rng)
        daypart = rng.choice(len(DAYPARTS), n, p=USUAL["daypart"])
        late = (truth.kind[place] == EVENINGS) & (begun > 0) & (rng.random(n) < truth.size[place])
        daypart[late] = DAYPARTS.index("evening")
        staffing = rng.choice(len(STAFFINGS), n, p=USUAL["staffing"])
        everything = self.level[place] + self._movement(place, time)
        everything += HARDER["daypart"][daypart] + HARDER["staffing"][staffing]
        by_section = self.in_section[place] + self.auditors.severity(auditor, time)
        drop = np.where(np.isin(truth.kind[place], (CONSISTENCY, *TRAPS)), 0.0, truth.size[place] * begun)
        section = truth.section[place][:, None]
        by_section -= drop[:, None] * ((section < 0) | (section == np.arange(self.options.n_sections)))
        uneven = (truth.kind[place] == CONSISTENCY) & (begun > 0)
        usual = self.interaction_sd[place]
        spread = np.where(uneven, np.maximum(truth.size[place], usual), usual)
        kept = _mean_kept(spread)
        form = (time >= self.new_form_at).astype(int) * (len(self.ease) - 1)
        mean = (everything[:, None] + by_section)[:, self.section] + self.ease[form]
        size = 1 + np.minimum(rng.poisson(1.5, n), 5)
        of = np.repeat(np.arange(n), size)
        particular = rng.normal(0, self.visit_sd[place])[of] + rng.normal(0, 1, of.size) * spread[of]
        ratings = self._rated(mean[of] * kept[of][:, None] + particular[:, None], rng)
        ticked, hidden = self.auditors.eased(auditor)
        ratings[ticked[of][:, None] & (ratings != NONE)] = FULL
        ratings[hidden[of][:, None] & (ratings < FULL)] = NONE
        seen = ratings != NONE
        total = np.bincount(of, np.where(seen, ratings, 0).sum(axis=1)) / FULL
        share = total / np.maximum(np.bincount(of, seen.sum(axis=1)), 1)
        found = {"location": place, "time": time, "auditor": auditor, "daypart": daypart, "staffing": staffing}
        return found | {"share": share, "size": size, "form": form, "ratings": ratings}

    def _movement(self, place: np.ndarray, time: np.ndarray) -> np.ndarray:
        """What moves the chain, the region or the store's own year, in logits."""
        swing, phase = (part[place] for part in self.season)
        moved = swing * np.cos(2 * np.pi * (time - phase) / YEAR)
        since = time[:, None] - self.shock_at[self.region[place]]
        moved -= self.options.regional_shock * ((since >= 0) & (since < SHOCK_DAYS)).any(axis=1)
        if self.options.traps:
            moved += DECEMBER * (_month(time) == 12) + CHAIN_FALL * (time >= fall_at(self.options))
        return moved

    def _rated(self, logit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        steps = self._steps()
        drawn = rng.random(logit.shape)
        reached = sum((drawn < expit(logit + step)).astype(int) for step in steps)
        ratings = np.rint(reached * (FULL / steps.size))
        return np.where(rng.random(logit.shape) < NOT_ASKED, NONE, ratings).astype(np.uint8)

    def _chain(self, rounds: list[dict[str, np.ndarray]]) -> Chain:
        joined = {name: np.concatenate([visits[name] for visits in rounds]) for name in rounds[0]}
        order = np.lexsort((joined["time"], joined["location"]))
        size, first = joined["size"], np.cumsum(joined["size"]) - joined["size"]
        rows = np.concatenate([np.arange(first[visit], first[visit] + size[visit]) for visit in order])
        rating_visit = np.repeat(np.arange(order.size), size[order])
        ratings, n_forms = joined["ratings"][rows], len(self.ease)
        form = joined["form"][order][rating_visit][:, None]
        columns = [np.where(form == number, ratings, NONE) for number in range(n_forms)]
        time = joined["time"][order]
        rng = self.stream("arrival")
        late = rng.random(time.size) < self.options.late
        critical = self.stream("critical").random(self.options.n_criteria) < 0.2
        return Chain(
            location=joined["location"][order],
            time=time,
            arrival=time + np.where(late, rng.uniform(1, 42, time.size), 0.0),
            auditor=np.unique(joined["auditor"][order], return_inverse=True)[1],
            daypart=joined["daypart"][order],
            staffing=joined["staffing"][order],
            ratings=np.concatenate(columns, axis=1),
            rating_visit=rating_visit,
            section=np.tile(self.section, n_forms),
            dimension=np.tile(np.arange(self.options.n_criteria) % 2, n_forms),
            critical=np.tile(critical, n_forms),
            region=self.region,
            n_locations=self.options.n_locations,
        )


def _mean_kept(interaction_sd: np.ndarray) -> np.ndarray:
    """By what a logit is multiplied so that the mean share stays where it is while interactions differ by so much."""
    return np.sqrt((1 + ATTENUATION * interaction_sd**2) / (1 + ATTENUATION * INTERACTION_SD**2))


def _month(time: np.ndarray) -> np.ndarray:
    return np.floor(time).astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12 + 1
