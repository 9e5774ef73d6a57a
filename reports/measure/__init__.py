"""Every formula of Plumbline: arrays in, arrays out. numpy and scipy only; no Django, no database, no
clock."""
