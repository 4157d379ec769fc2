"""The message that speaks of several matters of one person at once: a template a channel and language."""

from pathlib import Path

MESSAGES = Path(__file__).parent
