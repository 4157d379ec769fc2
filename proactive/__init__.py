"""The core of the platform: what falls due, the dossier on its journey, and the pages. Start at `proactive.journey`."""
