"""The core of the platform: what falls due, the dossier's journey, and the pages. Start reading at `proactive.journey`."""
