"""What head office reads about the instrument: auditors, scans, settings, backtests."""
