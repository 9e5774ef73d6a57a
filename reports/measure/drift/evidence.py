"""How many times likelier a location's visits are after a change than without one."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from reports.measure.drift.spread import believed, spread_likelihoods, spread_ratio, wider
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects, looked_up
from reports.measure.model.residuals import Residuals, residuals

OVERALL, CONSISTENCY, SECTION, DIMENSION = "overall", "consistency", "section", "dimension"

DROPS = (0.3, 0.6, 0.9, 1.3)  # logits, overall
PART_DROPS = (0.6, 1.1, 1.7)  # in a section or dimension
SHARES = {1: (0.48, 0.28, 0.05, 0.19), -1: (0.57, 0.38, 0.05, 0.0)}  # overall, sections, dimensions, consistency
PART_LOOK_BACK = 25  # onsets that are tried in a part and in the spread; further back they only raise false alarms
MODEL_VARIANCE = 0.0025  # what the additive model itself may be wrong by at least, as a variance in logits
MORE_IN_PART = 0.0075  # and in a part: an auditor is not equally severe in all of them
# A flag shows more than what happened, for it is raised where chance adds to it. After one, the level has either
# stayed, or moved by so much (a variance), with these odds before the visits since are looked at.
MOVED_VARIANCE, MOVED_ODDS = 1.0, 0.02
LOWEST, HIGHEST = -600.0, 600.0  # exp of these is still a double


@dataclass(frozen=True, eq=False)
class Baselines:
    """Where the visits of each location begin to count.

    first : (L,) int, the first visit of the location's baseline. candidate : (L,) int, the first visit at
    which a change may have begun. Both are indexes of visits of the chain.
    restarted : (L,) bool, a flag says that the location changed with `first`: its level since lies between what it
    was until then and what the visits since show (`settled`).
    """

    first: np.ndarray
    candidate: np.ndarray
    restarted: np.ndarray


@dataclass(frozen=True, eq=False)
class Evidence:
    """For each visit in `visit` (N,), the likelihood ratio of a change at each of the last J visits.

    terms : (N, J, K): [i, j, channel] of a change that began j visits before visit[i]; 0 where none may have
    begun. The channels are "overall", the sections, the two dimensions and "consistency".
    """

    visit: np.ndarray
    terms: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """(N,) the evidence that some change began: the sum over onsets and channels."""
        return self.terms.sum(axis=(1, 2))


class History:
    """What every visit shows, and running sums of it, so that any stretch of visits costs one subtraction."""

    def __init__(self, chain: Chain, effects: Effects):
        self.chain, self.effects = chain, effects
        self.residuals: Residuals = residuals(chain, effects)
        self.likelihoods = spread_likelihoods(chain, effects)
        self.channels = (*self.residuals.channels, CONSISTENCY)
        w, information = self.residuals.weight, self.residuals.information
        self.weight = _cumulated_by_channel(w)
        self.level = _cumulated_by_channel(w * self.residuals.level)
        self.binomial = _cumulated_by_channel(w / (1 + information * effects.overdispersion_of_channels(chain)))
        self.information = _cumulated_by_channel(information)
        self.leaning = _cumulated_by_channel(information * self.residuals.typical)
        self.unfamiliarity = _cumulated_by_channel(self.residuals.unfamiliarity)
        self.auditor = _cumulated(effects.auditor_variance(chain))
        self.spread = _cumulated(self.likelihoods)
        n = np.bincount(chain.rating_visit, minlength=chain.n_visits)
        self.apart = _cumulated(1 / np.maximum(n, 1))


class Stretches:
    """Each of the last visits as a possible onset: what the visits before it and from it on show, in each channel.

    The same for a decline and an improvement, whose evidence is weighed from it.
    """

    def __init__(
        self, history: History, baselines: Baselines, visit: np.ndarray, *, look_back: int, least_baseline: int
    ):
        """visit : (N,) int, ascending, the visits after which the evidence is wanted. look_back : how many onsets are
        tried, J. least_baseline : visits that must lie before an onset."""
        self.history, self.baselines, self.visit = history, baselines, visit
        location = history.chain.location[visit]
        self.every = _Onsets.before(visit, baselines, location, look_back, least_baseline)
        self.near = self.every.nearest(PART_LOOK_BACK)
        self.moved = MOVED_VARIANCE * baselines.restarted[location][:, None]
        self.scatter = self._scatter(location)
        sections = set(history.chain.section[history.effects.is_observed].tolist())
        self.n_parts = {SECTION: len(sections), DIMENSION: 2}
        kinds = [channel.partition(":") for channel in history.residuals.channels]
        self.kind = {c: kind for c, (kind, _, n) in enumerate(kinds) if kind != SECTION or int(n) in sections}
        self._levels: dict[int, dict[int, _Levels]] = {}

    def _scatter(self, location: np.ndarray) -> np.ndarray:
        """(N, J + 1) `scatter_since` a flag, at each onset, then at the last visit; 0 where there was no flag."""
        found = np.zeros((location.size, self.every.onset.shape[1] + 1))
        rows = np.flatnonzero(self.moved[:, 0])
        if rows.size:
            begin = self.history.chain.first_visit[location[rows]][:, None]
            stop = np.hstack([self.every.onset[rows], self.every.stop[rows]])
            found[rows] = scatter_since(self.history, begin, self.every.first[rows], stop)
        return found

    def levels(self, direction: int) -> "dict[int, _Levels]":
        """By channel; the same for both directions where no location has been flagged."""
        key = direction if self.moved.any() else 0
        if key not in self._levels:
            self._levels[key] = self._levels_for(key)
        return self._levels[key]

    def _levels_for(self, direction: int) -> "dict[int, _Levels]":
        history, effects = self.history, self.history.effects
        location = history.chain.location[self.visit]
        first, begin = self.every.first, history.chain.first_visit[location][:, None]
        region = effects.region[history.chain.region[location]][:, None]
        was, unsure = level_after(history, 0, begin, first, region, effects.variance["location"])
        overall = _Levels(history, self.every, 0, was, unsure, self.moved, self.scatter, direction)
        # a part starts from what is known of the location's overall level, and of how far it was from it
        mean, variance = (of[:, : self.near.onset.shape[1]] for of in (overall.mean, overall.variance))
        found = {0: overall}
        for c in self.kind:
            if c:
                level, apart = level_after(history, c, begin, first, was, effects.variance["section"])
                given = mean + level - was, apart + variance, self.moved, self.scatter, direction
                found[c] = _Levels(history, self.near, c, *given)
        return found


def evidence(found: Stretches, *, direction: int, smallest_drop: float) -> Evidence:
    """Likelihood ratio of a change at each of the last visits: of the level, of each section's and dimension's,
    of the spread.

    direction : 1 a decline, -1 an improvement.
    smallest_drop : logits; smaller drops are not tried (one always is, the largest).
    The baseline before an onset is the location's own mean, shrunk to its region (empirical Bayes: Efron &
    Morris 1973); its variance, the chance in the visits after the onset and the severities' own variance
    weaken the ratio. Returns Evidence, channels weighted by SHARES so that a term's mean is at most about 1
    without a change.

    Twelve weekly visits find four of five kept, the next eight one of five. After the fourth of these the likeliest
    of the last ten onsets is the one three visits before:

    >>> from reports.measure.model.severity import fit_effects
    >>> none, week, five = [0] * 20, np.arange(20) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 8
    >>> chain = Chain(none, week, week, none, none, none, seen, range(20), five, five, five, [0], 1)
    >>> history, first = History(chain, fit_effects(chain, at=0.0)), np.zeros(1, int)
    >>> baselines = Baselines(first, first, first > 0)
    >>> found = Stretches(history, baselines, np.array([15]), look_back=10, least_baseline=4)
    >>> decline = evidence(found, direction=1, smallest_drop=0.3)
    >>> decline.terms.shape, int(decline.terms.sum(axis=2).argmax()), bool(decline.total[0] > 400)
    ((1, 10, 5), 3, True)
    """
    terms = np.zeros((*found.every.onset.shape, len(found.history.channels)))
    of_overall, of_sections, of_dimensions, of_spread = SHARES[direction]
    share = {OVERALL: of_overall, SECTION: of_sections, DIMENSION: of_dimensions}
    for c, levels in found.levels(direction).items():
        kind = found.kind[c]
        drops = tried_drops(DROPS if kind == OVERALL else PART_DROPS, smallest_drop)
        ratios = levels.ratios(direction * drops)
        terms[:, : ratios.shape[1], c] = share[kind] / found.n_parts.get(kind, 1) * ratios
    if of_spread and found.visit.size:
        ratios = _spread_ratios(found.history, found.baselines, found.near)
        terms[:, : ratios.shape[1], -1] = of_spread * ratios
    return Evidence(found.visit, terms)


@dataclass(frozen=True, eq=False)
class _Onsets:
    """For each visit, where a change may have begun.

    first, stop : (N, 1) the baseline's first visit, the visit after the last. onset : (N, J) the visit of the onset.
    allowed : (N, J) whether a change may have begun there at all; where not, the onset is the last visit itself.
    """

    first: np.ndarray
    onset: np.ndarray
    stop: np.ndarray
    allowed: np.ndarray

    @classmethod
    def before(
        cls, visit: np.ndarray, baselines: Baselines, location: np.ndarray, look_back: int, least_baseline: int
    ) -> "_Onsets":
        last = visit[:, None]
        onset = last - np.arange(look_back)
        first = baselines.first[location][:, None]
        allowed = (onset >= baselines.candidate[location][:, None]) & (onset - first >= least_baseline)
        return cls(np.minimum(first, last), np.where(allowed, onset, last), last + 1, allowed)

    def nearest(self, n: int) -> "_Onsets":
        return _Onsets(self.first, self.onset[:, :n], self.stop, self.allowed[:, :n])

    def around(self, summed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, J) each, from running sums: the sum before each onset, and from it on."""
        there = np.take(summed, self.onset)
        return there - np.take(summed, self.first), np.take(summed, self.stop) - there


def settled(mean, variance, weight, pull, moved, model: float, direction: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of a level after a flag: it stayed, or it moved, as likely as the visits since make it.

    mean, variance : what it was before. weight, pull : of the visits since, summed: inverse variances, and times what
    the visits show. moved : variance by which it may have moved. model : by which a difference may be off anyway. Few
    visits that show little are shrunk far, many hardly: the posterior under a spike and a slab (Mitchell & Beauchamp
    1988, JASA 83, 1023-1032), as the normal with its mean and variance.
    direction : 1 of a decline, -1 of an improvement that is looked for: a change that goes on is no new one, so where
    the level that has moved lies on that side, it counts as moved. 0 for neither.

    Four visits that show 0.5 less than was expected, and forty:

    >>> [settled(0.0, 0.02, weight, -0.5 * weight, 1.0, 0.01)[0].round(2).item() for weight in (16.0, 160.0)]
    [-0.13, -0.39]
    """
    weight = np.asarray(weight, float)
    stayed, went = variance, variance + moved
    chance = 1 / np.maximum(weight, 1e-9) + model
    away = pull / np.maximum(weight, 1e-9) - mean
    narrow, wide = stayed + chance, went + chance
    log_odds = np.log(MOVED_ODDS) + 0.5 * np.log(narrow / wide) + 0.5 * away**2 * (1 / narrow - 1 / wide)
    share = expit(np.where(weight > 0, log_odds, np.log(MOVED_ODDS)))
    share = np.where(direction * away < 0, 1.0, share)
    spreads = [1 / (weight + 1 / of) for of in (stayed, went)]
    levels = [spread * (pull + mean / of) for spread, of in zip(spreads, (stayed, went), strict=True)]
    mixed = levels[0] + share * (levels[1] - levels[0])
    between = share * (1 - share) * (levels[1] - levels[0]) ** 2
    return mixed, spreads[0] + share * (spreads[1] - spreads[0]) + between


def _model_variance(effects: Effects, c: int) -> float:
    """By what a difference of two stretches may be off whatever their visits show."""
    return max(MODEL_VARIANCE, 2 * effects.variance.get("wander", 0.0)) + (MORE_IN_PART if c else 0.0)


def scatter_since(history: History, begin, first, stop) -> np.ndarray:
    """By how much the visits first..stop - 1 vary more than their weights say, since the customers of a visit have
    come to differ more: a variance, in logits squared; 0 where the location's own scatter holds as much already.

    begin, first, stop : indexes of visits, that broadcast: the location's first visit, the one with which it may have
    changed, the one after the last that counts. What differs between the customers of a visit is in its mean, divided
    by how many were seen.

    Twelve weekly visits serve two customers alike, eight later ones one with everything and one with a quarter:

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> alike, apart = [[240] * 7 + [0]] * 24, [[240] * 8, [240] * 2 + [0] * 6] * 8
    >>> none, week, visit, eight = [0] * 20, np.arange(20) * 7.0, np.repeat(np.arange(20), 2), [0] * 8
    >>> chain = Chain(none, week, week, none, none, none, alike + apart, visit, eight, eight, eight, [0], 1)
    >>> known = replace(fit_effects(chain, at=84.0), criterion_sd=np.full(8, 0.1))
    >>> scatter_since(History(chain, known), 0, 12, np.array([12, 20])).round(1).tolist()
    [0.0, 1.7]
    """
    begin, first, stop = np.broadcast_arrays(begin, first, stop)
    before, since = (history.spread[last] - history.spread[of] for last, of in ((first, begin), (stop, first)))
    apart = (history.apart[stop] - history.apart[first]) / np.maximum(stop - first, 1)
    own = looked_up(history.effects.own_scatter, history.chain.location[first])
    return np.maximum(wider(believed(before), since, history.effects) * apart - np.maximum(own, 0.0), 0.0)


def _lighter(weight, n, scatter):
    """By how much n visits of this summed weight weigh less when they vary by so much more."""
    return 1 / (1 + scatter * weight / np.maximum(n, 1))


def level_after(
    history: History, c: int, first, onset, mean, variance, moved=0.0, scatter=0.0, direction: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of a channel's level after the visits first..onset - 1; `mean`, `variance` : before them.

    first, onset : indexes of visits, the latter after the last that counts. moved : the variance by which it may have
    moved with the first of them, 0 for none. scatter : `scatter_since` it. direction : as in `settled`. Shapes that
    broadcast; logits, squared.

    Twelve weekly visits keep four of five promises, as an additive model fitted to them expects:

    >>> from reports.measure.model.chain import Chain
    >>> from reports.measure.model.severity import fit_effects
    >>> none, week, five = [0] * 12, np.arange(12) * 7.0, [0] * 5
    >>> chain = Chain(none, week, week, none, none, none, [[240] * 4 + [0]] * 12, range(12), five, five, five, [0], 1)
    >>> history = History(chain, fit_effects(chain, at=84.0))
    >>> mean, variance = level_after(history, 0, 0, 12, 0.0, 0.25)
    >>> bool(abs(mean) < 0.1), bool(variance < 0.25)
    (True, True)
    """
    weight, level = (np.take(of[c], onset) - np.take(of[c], first) for of in (history.weight, history.level))
    if np.any(scatter):
        lighter = _lighter(weight, onset - first, scatter)
        weight, level = weight * lighter, level * lighter
    left = 1 / (weight + 1 / variance)
    found = np.broadcast_arrays(left * (level + mean / variance), left)
    may_move = np.broadcast_to(moved, found[0].shape) > 0
    if not may_move.any():
        return found[0], found[1]
    before, unsure, heavy, pull, by = (
        np.broadcast_to(of, may_move.shape)[may_move] for of in (mean, variance, weight, level, moved)
    )
    answer = np.array(found)
    answer[:, may_move] = settled(before, unsure, heavy, pull, by, _model_variance(history.effects, c), direction)
    return answer[0], answer[1]


class _Levels:
    """(N, J) each, of one channel around each onset: mean and variance of the level before, the level now, how far
    the difference may be off (doubt) and the share of it that is chance in the ratings; known : where all are."""

    def __init__(
        self, history: History, at: _Onsets, c: int, prior_mean, prior_variance, moved, scatter, direction: int
    ):
        """moved : (N, 1) by what variance the level may have moved with the baseline's first visit, 0 for none.
        scatter : (N, J or more) `scatter_since` that visit, at each onset and, last, at the last visit."""
        after, now = at.around(history.weight[c])[1], at.around(history.level[c])[1]
        given = prior_mean, prior_variance, moved, scatter[:, : at.onset.shape[1]], direction
        self.mean, self.variance = level_after(history, c, at.first, at.onset, *given)
        self.known = at.allowed & (after > 0)
        after = np.where(self.known, after, 1.0)
        self.now = now / after
        n_after, n_before = at.stop - at.onset, np.maximum(at.onset - at.first, 1)
        noise = 1 / after + scatter[:, -1:] / n_after
        auditor = at.around(history.auditor)[1] / n_after
        familiar, unfamiliar = at.around(history.unfamiliarity[c])
        new_form = np.maximum(unfamiliar / n_after - familiar / n_before, 0.0)
        self.doubt = self.variance + noise + auditor + new_form + _model_variance(history.effects, c)
        self.chance = at.around(history.binomial[c])[1] / after**2
        information = np.maximum(at.around(history.information[c])[1], 1e-9)
        self.typical = np.clip(at.around(history.leaning[c])[1] / information, 0.01, 0.99)

    def ratios(self, drops: np.ndarray) -> np.ndarray:
        """(N, J) mean likelihood ratio over the drops (logits; below 0: rises), 0 where no onset is allowed.

        Log ratio of a drop d: d fallen / doubt - kappa d^2 / (2 doubt), where kappa corrects the share of the doubt
        that is chance for its third and fourth cumulant; as a polynomial in d.
        """
        third, fourth = skew_terms(self.typical)
        share = self.chance / self.doubt
        first = (self.mean - self.now) / self.doubt
        second = 0.5 / self.doubt
        third, fourth = second * share**2 * third, second * share**3 * fourth
        total = np.zeros(self.known.shape)
        for drop in drops:
            log_ratio = drop * (first - drop * (second + drop * (third + drop * fourth)))
            total += np.exp(np.clip(log_ratio, LOWEST, HIGHEST))
        return np.where(self.known, total / len(drops), 0.0)


def _spread_ratios(history: History, baselines: Baselines, at: _Onsets) -> np.ndarray:
    """(N, J) likelihood ratio of a larger spread from each onset on, 0 where none is allowed."""
    lowest = int(at.onset.min())
    near = np.arange(lowest, int(at.stop.max()))  # each of these visits is the onset of many terms: believe once
    first = np.minimum(baselines.first[history.chain.location[near]], near)
    belief = believed(history.spread[near] - history.spread[first])
    ratios = spread_ratio(belief[at.onset - lowest], history.spread[at.stop] - history.spread[at.onset])
    return np.where(at.allowed, ratios, 0.0)


def skew_terms(p):
    """a, b of the cumulant of minus a centred Bernoulli variable: at an exponent e it is 1 + a e + b e^2 times its
    quadratic part, by the next two cumulants.

    p : array, in (0, 1). Where p is high a run of misses is likelier than the normal law says; dividing by the right
    cumulant keeps the mean likelihood ratio near 1 without a change. Exact: 1.301 at exponent 1 and p = 0.9; the
    cumulants left out matter beyond an exponent of 2, where this one is the larger.

    >>> a, b = skew_terms(0.9)
    >>> round(1 + a + b, 3)
    1.305
    """
    return (2 * p - 1) / 3, (1 - 6 * p * (1 - p)) / 12


def tried_drops(drops, smallest: float) -> np.ndarray:
    """The drops of at least `smallest` logits; the largest one where none is.

    >>> tried_drops((0.3, 0.6, 0.9), 0.5).tolist(), tried_drops((0.3, 0.6, 0.9), 2.0).tolist()
    ([0.6, 0.9], [0.9])
    """
    return np.array([drop for drop in drops if drop >= smallest - 1e-9] or [max(drops)])


def _cumulated(rows: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((1, *rows.shape[1:])), np.cumsum(rows, axis=0)])


def _cumulated_by_channel(rows: np.ndarray) -> np.ndarray:
    """(K, V + 1) the running sums of (V, K), so that those of a channel lie beside each other."""
    summed = np.zeros((rows.shape[1], rows.shape[0] + 1))
    np.cumsum(rows.T, axis=1, out=summed[:, 1:])
    return summed
