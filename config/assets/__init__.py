"""What builds the files that are served: the phone's scripts, the app's icons, the catalogues of words."""
