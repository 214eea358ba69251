"""Made-up codes for the foreign tests: seeded, so that a difference can be found again."""

from __future__ import annotations

import random
import string
from typing import Final

from nagara.kernel.instant import Instant
from nagara.payments.qr import Code, Scheme

SEED: Final = 20_260_101
COUNT: Final = 200
CURRENCIES: Final = {"418": ("LAK", 0), "704": ("VND", 0), "116": ("KHR", 0), "840": ("USD", 2)}
_LETTERS: Final = string.ascii_letters + string.digits
_TEXT: Final = _LETTERS + " .,-/'"


class Maker:
    """Draws identifiers, names and amounts that the schemes allow."""

    def __init__(self) -> None:
        self._random = random.Random(SEED)

    def digits(self, count: int) -> str:
        """Exactly `count` digits."""
        return "".join(self._random.choices(string.digits, k=count))

    def word(self, most: int) -> str:
        """Letters and digits, one to `most`."""
        return "".join(self._random.choices(_LETTERS, k=self._random.randint(1, most)))

    def text(self, most: int) -> str:
        """Printable ASCII, one to `most`, a letter at both ends."""
        inner = "".join(self._random.choices(_TEXT, k=self._random.randint(0, most)))
        return (self.word(1) + inner)[: most - 1].rstrip() + self.word(1)

    def minor(self, most: int) -> int | None:
        """An amount in minor units, or None in one case of three."""
        return None if self._random.randrange(3) == 0 else self._random.randint(1, most)

    def chance(self) -> bool:
        """Heads or tails."""
        return self._random.random() < 0.5

    def viet(self) -> Code:
        """A VietQR code."""
        service = "QRIBFTTA" if self.chance() else "QRIBFTTC"
        references = {"purpose": self.text(25)} | ({"bill": self.word(9)} if self.chance() else {})
        return Code(
            Scheme.VIETQR,
            {"institution": self.digits(6), "account": self.word(19), "service": service},
            "VND",
            amount_minor=self.minor(10**9),
            references=references if self.chance() else {},
        )

    def lao(self) -> Code:
        """A LaoQR code."""
        whole = self.chance()
        return Code(
            Scheme.LAOQR,
            {"institution": self.digits(8), "account": self.word(40)},
            "LAK",
            amount_minor=self.minor(10**9),
            name=self.text(25) if whole else None,
            city=self.text(15) if whole else None,
            merchant_category=self.digits(4) if whole else None,
            references={"bill": self.word(20), "terminal": self.word(9)} if whole else {},
        )

    def khmer(self, created: Instant, expires: Instant) -> Code:
        """A KHQR code of a person or a merchant."""
        identifiers = {"account": f"{self.word(12)}@{self.word(6)}".lower()}
        if self.chance():
            identifiers |= {"merchant": self.digits(6), "institution": self.text(20)}
        currency = "KHR" if self.chance() else "USD"
        amount = self.minor(10**8)
        return Code(
            Scheme.KHQR,
            identifiers,
            currency,
            amount_minor=amount,
            name=self.text(25),
            city=self.text(15),
            merchant_category="5999",
            references={"bill": self.word(25), "store": self.word(20)} if self.chance() else {},
            local={"language": "km", "name": "ហាងនគរ", "city": "ភ្នំពេញ"} if self.chance() else {},
            created=None if amount is None else created,
            expires=None if amount is None else expires,
        )
