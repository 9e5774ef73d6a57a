"""How much a visit may hold: what the columns keep, what the API takes, and what is checked on the way in."""

MOST_INTERACTIONS = 60
MOST_PHOTOS = 200
MOST_OBSERVATIONS = 500
MOST_TAPS = 200
LONGEST_NOTE = 5000
LONGEST_REASON = 500
LONGEST_TEXT = 5000
LARGEST_COUNT = 100_000
LONGEST_SECONDS = 24 * 3600
