"""The steps of the journey, one file a verb. `proactive.journey` tells them as one story."""
