"""Looking ahead: how much falls due, what it costs, and whom a change of the law would touch. Nothing here is written
down anywhere; it only counts."""
