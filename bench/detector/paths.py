"""The evidence of a decline after every visit, onset by onset, so that every threshold can be tried at once."""

import numpy as np

from bench.chains.truth import Truth
from bench.detector.judge import Flags, Judged, false_alarms, judge
from reports.measure.defaults import REFIT_DAYS, SCAN_DAYS
from reports.measure.drift.backtest import in_force
from reports.measure.drift.detector import Settings, smallest_logits
from reports.measure.drift.evidence import Baselines, History, Stretches, evidence
from reports.measure.drift.onset import onset_among_last
from reports.measure.model.chain import Chain


class Paths:
    """As in a backtest, but for what an alarm does to later ones: it only shuts out earlier onsets.

    A row is a visit, by location and time. location, time, channel : (N,), the likeliest channel. before : (N, J + 1)
    the times of the last visits there, the newest first. sums : (N, J) the evidence of the last 1, 2 ... J onsets.
    newest : (N,) the share of the newest onset in the evidence.
    """

    def __init__(
        self, chain: Chain, settings: Settings, *, start: float, stop: float, refit_days: float = REFIT_DAYS
    ):
        location, moments, terms, channels, times = [], [], [], [], []
        nights = in_force(chain, settings, start=start, stop=stop, refit_days=refit_days)
        for number, (effects, _) in enumerate(nights):
            moment = start + number * SCAN_DAYS
            is_news = (chain.time >= moment) & (chain.time < moment + SCAN_DAYS)
            if not is_news.any():
                continue
            news = np.unique(chain.location[is_news])
            near = np.isin(chain.location, news) & (chain.time >= effects.first_day)
            part = chain.subset(near & (chain.time < moment + SCAN_DAYS))
            smallest = smallest_logits(effects, settings)
            first, visit = part.first_visit[:-1], np.flatnonzero(part.time >= moment)
            baselines = Baselines(first.copy(), first.copy(), np.zeros(first.size, bool))
            history = History(part, effects)
            given = {"look_back": settings.look_back, "least_baseline": settings.least_baseline}
            found = evidence(Stretches(history, baselines, visit, **given), direction=1, smallest_drop=smallest)
            location.append(part.location[visit])
            moments.append(part.time[visit])
            terms.append(found.terms.sum(axis=2))
            channels.append(np.array(history.channels)[found.terms.sum(axis=1).argmax(axis=1)])
            times.append(part.time[np.maximum(visit[:, None] - np.arange(settings.look_back + 1), 0)])
        order = np.lexsort((np.concatenate(moments), np.concatenate(location)))
        self.location, self.time = np.concatenate(location)[order], np.concatenate(moments)[order]
        self.channel, self.before = np.concatenate(channels)[order], np.concatenate(times)[order]
        self.sums = np.cumsum(np.concatenate(terms)[order], axis=1)
        self.newest = self.sums[:, 0] / np.maximum(self.sums[:, -1], 1e-300)

    def alarms(self, threshold: float) -> np.ndarray:
        """Rows of the visits that raise an alarm; none from the newest visit alone."""
        last: dict[int, int] = {}
        chosen = []
        for row in np.flatnonzero(self.sums[:, -1] > np.exp(threshold)):
            place = self.location[row]
            n_onsets = min(row - last[place], self.sums.shape[1]) if place in last else self.sums.shape[1]
            if self.newest[row] <= 0.5 and self.sums[row, n_onsets - 1] > np.exp(threshold):
                last[place] = row
                chosen.append(row)
        return np.array(chosen, int)

    def flags(self, rows: np.ndarray, *, dated: bool = True) -> Flags:
        onset = self.onsets(rows) if dated else np.full(rows.size, np.nan)
        return Flags(self.location[rows], self.time[rows], onset, self.channel[rows])

    def onsets(self, rows: np.ndarray) -> np.ndarray:
        terms = np.diff(self.sums[rows], axis=1, prepend=0.0)
        return np.array([onset_among_last(*pair).day for pair in zip(self.before[rows], terms, strict=True)])

    def judged(self, truth: Truth, threshold: float) -> Judged:
        return judge(truth, self.flags(self.alarms(threshold)))

    def threshold_at(self, truth: Truth, rate: float) -> float:
        """The threshold at which locations in control realise `rate` false alarms a year, by bisection."""
        low, high = 1.0, 12.0
        while high - low > 0.01:
            middle = (low + high) / 2
            n, years = false_alarms(truth, self.flags(self.alarms(middle), dated=False))
            low, high = (middle, high) if n / years > rate else (low, middle)
        return high
