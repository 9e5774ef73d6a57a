"""What holds where nobody set anything: each number stands here alone, and texts print it from here."""

FALSE_ALARMS_PER_YEAR = 0.1
"""Wanted false alarms per location and year, of each direction; of the alarms of a reported metric likewise."""
SMALLEST_DROP = 0.03
"""Points on the 0..1 scale; smaller drops are not looked for."""
LOOK_BACK = 40
"""Visits back that a change may have begun."""
LEAST_BASELINE = 4
"""Visits that a location must have before a change can begin."""
SEED = 1
"""Of the simulation that sets the threshold."""
REFIT_DAYS = 28.0
"""Between two estimates of what is common to all locations."""
SCAN_DAYS = 1.0
"""Between two runs, of the product and of a backtest: every night."""
