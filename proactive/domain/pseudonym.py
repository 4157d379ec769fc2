"""Pseudonyms: what stands for a personal id wherever we keep it, and opens again only with a key the database has not.

AES-SIV of `cryptography`, which is deterministic: the same person always has the same pseudonym, so that rows are
joined, found, counted and guarded by it as they were by the id. Behind it stand four digits that are the id's last four
under a keyed permutation, so that somebody can still be found by those. Without a key everything stays as it is.
"""

import hashlib
import re
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from proactive.errors import Unusable
from rules.kinds import PSEUDONYM

KEY_BYTES = 32
ENDS = 4
"""So many last digits somebody is found by."""
MAKE_KEY = "openssl rand -base64 32"
_NO_DIGITS = "-" * ENDS
_LIKE = re.compile(re.escape(PSEUDONYM) + r"[A-Za-z0-9_-]{22,}[0-9-]{4}")


class Unopened(Unusable):
    """A pseudonym cannot be opened: PROACTIVE_LOOKUP_KEY is not the key that it was made under."""


class Pseudonyms:
    """Makes and opens them. `by_person`: the registers whose rows are named by a personal id.

    `key` None: a personal id stands for itself.
    """

    def __init__(self, key: bytes | None = None, *, by_person: Collection[str] = ()) -> None:
        self.hides = key is not None
        self.name = ""
        """The key by its name, which says nothing of it."""
        self._by_person = frozenset(by_person)
        if key is None:
            return
        if len(key) != KEY_BYTES:
            raise Unusable(f"PROACTIVE_LOOKUP_KEY must be {KEY_BYTES} bytes in base64. Make one: {MAKE_KEY}")
        if len(set(key)) < 8:
            raise Unusable(f"PROACTIVE_LOOKUP_KEY is one that anybody can guess. Make one: {MAKE_KEY}")
        self.name = hashlib.sha256(b"proactive lookup key name" + key).hexdigest()[:8]
        derived = HKDF(SHA256(), 96, salt=None, info=b"proactive pseudonyms").derive(key)
        self._cipher = AESSIV(derived[:64])
        self._ends = _permuted(derived[64:])

    def of(self, personal_id: str) -> str:
        """What stands for this id; a pseudonym of ours, and nothing at all, stand for themselves."""
        if not self.hides or not personal_id or (personal_id[0] == PSEUDONYM and self._ours(personal_id)):
            return personal_id
        hidden = urlsafe_b64encode(self._cipher.encrypt(personal_id.encode(), None)).rstrip(b"=").decode()
        return f"{PSEUDONYM}{hidden}{self._ends.get(personal_id[-ENDS:], _NO_DIGITS)}"

    def open(self, kept: str) -> str:
        """The id that this stands for; what is no pseudonym is given back. Raises `Unopened`."""
        if not like(kept):
            return kept
        if not self.hides:
            raise Unopened
        hidden = kept[len(PSEUDONYM) : -ENDS]
        try:
            return self._cipher.decrypt(urlsafe_b64decode(hidden + "=" * (-len(hidden) % 4)), None).decode()
        except (InvalidTag, ValueError) as error:
            raise Unopened from error

    def _ours(self, text: str) -> bool:
        return self.shown(text) != text

    def shown(self, text: str) -> str:
        """Any text as people read it: opened where it is a pseudonym of ours, and otherwise, whatever it looks like, as
        it is. Somebody may have typed it."""
        try:
            return self.open(text)
        except Unopened:
            return text

    def key(self, register: str, key: str) -> str:
        """A record's key as it is kept: a pseudonym where the register names its rows by a personal id."""
        return self.of(key) if self.hides and register in self._by_person else key

    def ends(self, digits: str) -> str:
        """What the pseudonyms of ids with these last four digits end with; no others end so."""
        return self._ends.get(digits, digits) if self.hides else digits


PLAIN = Pseudonyms()
"""Every personal id stands for itself: tools and tests that hold nobody's."""


def like(text: str) -> bool:
    """Whether this can be a pseudonym, and so cannot be a personal id."""
    return text.startswith(PSEUDONYM) and _LIKE.fullmatch(text) is not None


def read_key(written: str) -> bytes:
    """The key as it is written: base64. Raises `Unusable`."""
    try:
        return b64decode(written.strip(), validate=True)
    except ValueError as error:
        raise Unusable(f"PROACTIVE_LOOKUP_KEY is not base64. Make one: {MAKE_KEY}") from error


def _permuted(key: bytes) -> dict[str, str]:
    """Four digits -> the four that stand for them, in the order of their hashes under the key."""
    plain = [f"{number:0{ENDS}d}" for number in range(10**ENDS)]
    shuffled = sorted(plain, key=lambda digits: hashlib.blake2b(digits.encode(), key=key).digest())
    return dict(zip(plain, shuffled, strict=True))
