"""What a made chain is like: its size, and which nuisances are switched on."""

from dataclasses import dataclass

from reports.measure.model.effects import WEEK_DAYS

FIRST_DAY = 19_359.0  # Monday, 2 January 2023
YEAR, MONTH = 365.25, 365.25 / 12


@dataclass(frozen=True)
class Options:
    """What a made chain is like; the defaults are the plain chain.

    changes : a quarter of the locations drift. traps : some get a severe auditor or visits in the evening, and the
    chain has a bad December and falls late in the watching. levels : 2 for yes and no, 4 for graded criteria.
    auditors_of_region : how many share the 60 stores of a region.
    auditor_walk : standard deviation, in logits, by which an auditor's severity moves in a year. regional_shock :
    logits that a region loses for six weeks, twice. own_season : standard deviation of a store's own yearly swing.
    sooner : the next visit after a bad one comes so many times sooner. renewed : the share of auditors that are
    replaced on one day, half a year into the watching. late : share of visits that arrive late, by up to six weeks.
    new_form : another version of the standard, half-way through the watching.
    straight_lining : the share of auditors who tick everything, at six visits in ten. hiding : the share who put down
    what was missed as "does not apply", at six visits in ten. by_chance : as many locations drift as chance has it,
    so that some do over many small chains. uneven, uneven_service : the share of locations whose visits, or whose
    interactions of a visit, have always differed much more than those of the others. only_drift : the kind that all
    drifts are of, "" for all kinds. drop : above 0, all changes are sudden drops of so many logits.
    """

    n_locations: int = 300
    burn_in_weeks: int = 52
    weeks: int = 104
    visits_a_month: float = 2.4
    n_criteria: int = 24
    n_sections: int = 6
    auditors_of_region: int = 5
    changes: bool = True
    traps: bool = False
    levels: int = 2
    auditor_walk: float = 0.0
    regional_shock: float = 0.0
    own_season: float = 0.0
    sooner: float = 1.0
    renewed: float = 0.0
    late: float = 0.0
    new_form: bool = False
    straight_lining: float = 0.0
    hiding: float = 0.0
    by_chance: bool = False
    uneven: float = 0.0
    uneven_service: float = 0.0
    only_drift: str = ""
    drop: float = 0.0

    @property
    def start(self) -> float:
        return FIRST_DAY + self.burn_in_weeks * WEEK_DAYS

    @property
    def stop(self) -> float:
        return self.start + self.weeks * WEEK_DAYS

    @property
    def n_regions(self) -> int:
        return max(2, self.n_locations // 60)
