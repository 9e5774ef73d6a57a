"""Every formula of Plumbline: arrays in, arrays out. numpy and scipy only; no Django, no database, no clock.

`model` is what all locations share and each one's level; `drift` finds changes against it; `auditors` says how they
rate; `planning` where the next visit teaches most; `scores`, `consistency` and `compare` stand by themselves.
"""
