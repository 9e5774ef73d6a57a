"""Who visits: each region has posts, each post one person after the other."""

import numpy as np

from bench.chains.options import FIRST_DAY, MONTH, Options
from bench.chains.truth import SEVERE_AUDITOR, Truth
from reports.measure.model.effects import WEEK_DAYS

SEVERITY_SD, SEVERITY_IN_SECTION_SD, SEVERE = 0.35, 0.10, -0.9
AT_HOME, STAY_DAYS = 0.7, 440.0
EASY_VISITS = 0.6  # of an auditor who ticks everything, or hides what was missed


class Auditors:
    """Each region has posts, each post one person after the other; a severe one joins where the trap is set.

    habits : draws who has an easy way with the form, and at which visits; apart from all that rng draws."""

    def __init__(
        self,
        options: Options,
        truth: Truth,
        region: np.ndarray,
        rng: np.random.Generator,
        habits: np.random.Generator,
    ):
        self.options, self.truth, self.region = options, truth, region
        renewal = options.start + 26 * WEEK_DAYS
        n_posts = options.n_regions * options.auditors_of_region
        leaving = np.cumsum(rng.exponential(STAY_DAYS, (n_posts, 40)), axis=1) + FIRST_DAY - STAY_DAYS / 2
        if options.renewed:
            leaving[rng.permutation(n_posts) < options.renewed * n_posts, -1] = renewal
            leaving.sort(axis=1)
        self.leaving = leaving
        self.home = rng.integers(0, options.auditors_of_region, region.size)
        self.severe = n_posts * (leaving.shape[1] + 1) + np.arange(options.n_regions)  # ids after all others
        n = int(self.severe[-1]) + 1
        self.base = rng.normal(0, SEVERITY_SD, n)
        self.base[self.severe] = SEVERE
        self.in_section = rng.normal(0, SEVERITY_IN_SECTION_SD, (n, options.n_sections))
        n_months = int(np.ceil((options.stop - FIRST_DAY) / MONTH)) + 1
        steps = rng.normal(0, options.auditor_walk / np.sqrt(12), (n, n_months))
        self.walk = np.cumsum(steps, axis=1) - steps[:, :1]
        self.habits, habit = habits, habits.random(n)
        self.ticks = habit < options.straight_lining
        self.hides = ~self.ticks & (habit < options.straight_lining + options.hiding)

    def who(self, place: np.ndarray, time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        at_home = rng.random(place.size) < AT_HOME
        post = np.where(at_home, self.home[place], rng.integers(0, self.options.auditors_of_region, place.size))
        post = post + self.region[place] * self.options.auditors_of_region
        nth = (self.leaving[post] <= time[:, None]).sum(axis=1)
        person = post * (self.leaving.shape[1] + 1) + nth
        if self.options.traps:
            person = self._severe_where_the_trap_is(person, place, time, rng)
        return person

    def _severe_where_the_trap_is(self, person, place, time, rng) -> np.ndarray:
        trapped = self.truth.kind == SEVERE_AUDITOR
        joins = np.full(self.options.n_regions, np.inf)
        np.minimum.at(joins, self.region[trapped], self.truth.onset[trapped])
        there = rng.random(place.size) < np.where(trapped[place] & (time >= self.truth.onset[place]), 0.9, 0.06)
        there &= time >= joins[self.region[place]]
        return np.where(there, self.severe[self.region[place]], person)

    def eased(self, person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) bool each: the visits at which everything is ticked, and those at which misses are hidden."""
        is_easy = self.habits.random(person.size) < EASY_VISITS
        return is_easy & self.ticks[person], is_easy & self.hides[person]

    def severity(self, person: np.ndarray, time: np.ndarray) -> np.ndarray:
        """(n, sections) logits; below 0 is severe."""
        month = ((time - FIRST_DAY) // MONTH).astype(int)
        return (self.base[person] + self.walk[person, month])[:, None] + self.in_section[person]
