"""Rows -> arrays -> `measure` -> rows, by act: `data` is read and scored, a `scan` raises and closes flags, a
`backtest` replays the past, `views` say what a page asks of the last run."""
