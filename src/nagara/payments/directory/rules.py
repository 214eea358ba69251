"""The rules of the directory: names, addresses, and how much of them a stranger may see.

Laws:  D1  An address has one canonical form; two that people would take for the same are the same.
       D2  A person's name is shown to a stranger masked; a merchant's is public.
       D3  Asking for names is metered, and asking for what does not exist costs most.
Not here: who asks, and storage.
Spec: spec/payments.md, section 2.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final
from uuid import UUID

from nagara.kernel.instant import SECOND, Instant
from nagara.kernel.profile import Profile
from nagara.kernel.refusals import Malformed, TooMany
from nagara.payments.directory.model import (
    HANDLE_CHARS_MAX,
    NAME_CHARS_MAX,
    Address,
    AddressKind,
    Budget,
    ParticipantCode,
    PartyKind,
)

BUDGET_TOKENS_MAX: Final = 60
BUDGET_TOKENS_START: Final = 36  # of somebody new: wallets are free, so this is not worth much
BUDGET_REFILL_SECONDS: Final = 10  # one token
HIT_COST: Final = 2
MISS_COST: Final = 12

_HANDLE: Final = re.compile(rf"[a-z0-9][a-z0-9.-]{{0,{HANDLE_CHARS_MAX - 2}}}[a-z0-9]")
_CODE_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_RECEIVER: Final = re.compile(r"[!-~]{1,56}")
_CODE: Final = re.compile(rf"N[{_CODE_ALPHABET}]{{12}}")


def account_code(account: UUID) -> str:
    """The code that stands for an account inside a QR: `N` and 60 of its id's random bits."""
    bits = account.int & ((1 << 60) - 1)
    return "N" + "".join(_CODE_ALPHABET[bits >> shift & 31] for shift in range(55, -1, -5))


def handle(text: str, participant: ParticipantCode) -> Address:
    """The address `text@participant` of a handle that somebody asks for."""
    local = text.strip().lower()
    if not _HANDLE.fullmatch(local):
        reason = f"2 to {HANDLE_CHARS_MAX} of a-z, 0-9, dot and hyphen"
        raise Malformed(field="handle", reason=reason)
    return Address(f"{local}@{participant}", AddressKind.HANDLE)


def phone(text: str, profile: Profile) -> Address:
    """The address of a mobile number of the country."""
    number = profile.international_phone(text)
    if number is None:
        raise Malformed(field="phone", reason="not a mobile number of this country")
    return Address(number, AddressKind.PHONE)


def sticker(acquirer: str, receiver: str) -> Address:
    """The address inside a code that a participant printed before it came to this network."""
    if not _RECEIVER.fullmatch(receiver):
        raise Malformed(field="codes", reason="1 to 56 visible ASCII characters")
    return Address(f"{acquirer}:{receiver}", AddressKind.STICKER)


def address(text: str, profile: Profile) -> Address:
    """What somebody typed to name a payee, as its canonical form (D1)."""
    typed = unicodedata.normalize("NFKC", text).strip()
    if not 1 <= len(typed) <= 100:
        raise Malformed(field="address", reason="1 to 100 characters")
    if "@" in typed:
        local, _, participant = typed.lower().partition("@")
        return handle(local, ParticipantCode(participant))
    if _CODE.fullmatch(typed.upper()):
        return Address(typed.upper(), AddressKind.CODE)
    number = profile.international_phone(typed)
    if number is None:
        raise Malformed(field="address", reason="not name@participant, a phone number or a code")
    return Address(number, AddressKind.PHONE)


def name(text: str) -> str:
    """A party's name in NFC with single spaces. Refuses controls, and what nobody is called."""
    clean = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(clean) <= NAME_CHARS_MAX:
        raise Malformed(field="name", reason=f"1 to {NAME_CHARS_MAX} characters")
    if any(unicodedata.category(char) in _NOT_IN_NAMES or char in _UNSEEN for char in clean):
        raise Malformed(field="name", reason="a character which no name has")
    if _MARKS_TOO_MANY.search("".join(unicodedata.category(char)[0] for char in clean)):
        raise Malformed(field="name", reason="more marks on a letter than any script has")
    if any(_mixes_alphabets(word) for word in clean.split(" ")):
        raise Malformed(field="name", reason="a word of letters that only look alike")
    if not any(unicodedata.category(char).startswith("L") for char in clean):
        raise Malformed(field="name", reason="a name has letters")
    return clean


# control, format (direction marks that make one name look like another), private, surrogates
_NOT_IN_NAMES: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
# letters and marks which show nothing (Default_Ignorable_Code_Point of UAX #44, as far as Unicode
# counts them as letters or marks), and the blank of Braille
_UNSEEN: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_MARKS_TOO_MANY: Final = re.compile("M{5}")  # a Lao or Vietnamese sign bears three at most
_ALIKE: Final = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"})


def _mixes_alphabets(word: str) -> bool:
    """Whether one word takes letters of several alphabets that look alike (UTS #39 section 5.1)."""
    if word.isascii():
        return False
    scripts = {unicodedata.name(char, "").partition(" ")[0] for char in word if char.isalpha()}
    return len(scripts & _ALIKE) > 1


@lru_cache(maxsize=16_384)
def shown_name(full: str, kind: PartyKind) -> str:
    """The name as a payer sees it before paying (D2).

    A person's given name stays whole; of each other word the first written sign is left. Enough
    to recognise whom one knows, too little to learn whom one does not.
    """
    if kind is not PartyKind.PERSON:
        return full
    first, *others = full.split(" ")
    if not others:
        return first if len(_signs(first)) <= 2 else "".join(_signs(first)[:2]) + "***"
    return " ".join([first, *(_signs(word)[0] + "***" for word in others)])


def _signs(word: str) -> list[str]:
    """The word as people count its signs: vowels and tones stay with their consonant.

    A vowel that Lao or Thai writes before its consonant goes with the consonant that follows.
    """
    signs: list[str] = []
    for char in word:
        leading = bool(signs) and signs[-1] in _WRITTEN_BEFORE
        attached = unicodedata.category(char).startswith("M") or char in _WRITTEN_AFTER
        if signs and (leading or attached):
            signs[-1] += char
        else:
            signs.append(char)
    return signs


_WRITTEN_BEFORE: Final = frozenset("ເແໂໃໄเแโใไ")
_WRITTEN_AFTER: Final = frozenset("ະາຽຳะาำ")


def spend(budget: Budget, cost: int, now: Instant) -> Budget:
    """The budget after a look-up (D3). Raises TooMany where it does not suffice for a miss.

    A miss must always be affordable: otherwise the refusal itself would tell what exists.
    """
    refill = max(0, now.micros - budget.at.micros) // (BUDGET_REFILL_SECONDS * SECOND)
    tokens = min(BUDGET_TOKENS_MAX, budget.tokens + refill)
    if tokens < MISS_COST:
        wait = (MISS_COST - tokens) * BUDGET_REFILL_SECONDS
        raise TooMany(retry_after_seconds=wait)
    full = tokens == BUDGET_TOKENS_MAX
    at = now if full else Instant(budget.at.micros + refill * BUDGET_REFILL_SECONDS * SECOND)
    return Budget(tokens - cost, at)
