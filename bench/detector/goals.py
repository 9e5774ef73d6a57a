"""The goals G1 to G6 of docs/method.md beside what was reached."""

import numpy as np

from bench.chains.truth import CONSISTENCY, EVENINGS, RAMP, RECOVERED, SECTION, SEVERE_AUDITOR, STEP
from bench.detector.judge import Judged, pooled

FAIR_LIMIT = 11.5  # weeks of mean delay; what an oracle reaches that knows everything but which change it is
BEST_PEER = 0.20  # share found within 8 weeks at the same rate by kernel-PELT, the best of six
SUDDEN = (STEP, RECOVERED, SECTION, CONSISTENCY)
LARGE = {  # medium and large drifts: logits, of consistency the standard deviation of interactions
    STEP: (0.8, 1.2),
    RAMP: (0.8, 1.2),
    SECTION: (1.4, 2.0),
    CONSISTENCY: (1.3, 1.7),
    RECOVERED: (0.8, 1.2),
}
ELEVEN_POINTS = {STEP: (0.8, 1.2)}


def report(judged: list[Judged], title: str, *, peers_known: bool) -> None:
    """Print the table of one or more chains, a Judged each.

    peers_known : the chains are of the lab, on which the fair limit and the best peer were measured.
    """
    whole = pooled(judged)
    large, eleven = whole.of(LARGE, LARGE), whole.of(ELEVEN_POINTS, ELEVEN_POINTS)
    delay, soon = whole.mean_delay, whole.found_within(8, whole.drifting)
    over, peer = (f"{delay / FAIR_LIMIT:.2f}", f"{soon / BEST_PEER:.2f}") if peers_known else ("?", "?")
    rates = ", ".join(f"{one.false_alarm_rate:.3f}" for one in judged)
    lead = float(np.nanmean([one.median_lead for one in judged]))
    trapped = {name: f"{share:.3f}" for name, share in whole.trapped.items()}
    rows = [
        ("G1 mean delay over the fair limit", "<= 1.20", f"{over}  ({delay:.1f} weeks)"),
        ("G2 steps of 11 points or more within 8 weeks", ">= .68", f"{whole.found_within(8, eleven):.2f}"),
        ("G2 medium and large within 8 weeks", ">= .48", f"{whole.found_within(8, large):.2f}"),
        ("G2 medium and large within 13 weeks", ">= .68", f"{whole.found_within(13, large):.2f}"),
        ("G3 auditor trap in 26 weeks", "<= .10", trapped.get(SEVERE_AUDITOR, "-")),
        ("G3 daypart trap in 26 weeks", "<= .10", trapped.get(EVENINGS, "-")),
        ("G3 December trap", "<= .024", trapped.get("December", "-")),
        ("G3 chain trap", "<= .03", trapped.get("chain-wide fall", "-")),
        ("G4 false alarms per location-year", ".05-.10", f"{whole.false_alarm_rate:.3f}  ({rates})"),
        ("G5 8-week share over the best peer's", ">= 1.6", f"{peer}  ({soon:.2f})"),
        ("G6 onset within 4 weeks, sudden changes", ">= .70", f"{whole.onset_within(4, SUDDEN):.2f}"),
        ("G6 the same, gradual ones", "", f"{whole.onset_within(4, (RAMP,)):.2f}"),
        ("G6 right section", ">= .85", f"{whole.right_channel((SECTION,)):.2f}"),
        ("G6 median lead over the metric, weeks", ">= 5", f"{lead:.1f}"),
    ]
    print(f"\n{title}\n{'':46}{'goal':>9}  reached")
    for name, goal, reached in rows:
        print(f"{name:46}{goal:>9}  {reached}")
    if not peers_known:
        print("? the fair limit and the peers are known for the lab's chains only")
