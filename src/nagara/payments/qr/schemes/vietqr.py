"""VietQR: template 38 with the bank's number (BIN) and an account, card or merchant inside 01.

Services: QRIBFTTA to an account, QRIBFTTC to a card, QRPUSH to a merchant, QRCASH at a machine.
Spec: NAPAS, format of VietQR codes, v1.0 (2021) to v1.5.2, tables 1, 4 and 8.
"""

from __future__ import annotations

from typing import Final

from nagara.payments.qr.forms import ans, matching, n
from nagara.payments.qr.model import Scheme
from nagara.payments.qr.schemes.account import AccountForm, Slot

FORMS: Final = (
    AccountForm(
        scheme=Scheme.VIETQR,
        tag="38",
        gui="A000000727",
        holders=frozenset({"01"}),
        slots=(
            Slot("institution", "01.00", n(6)),
            Slot("account", "01.01", ans(1, 19)),
            Slot(
                "service",
                "02",
                matching("ANS 1-10", "[A-Z]{1,10}"),
                required=False,
                written="QRIBFTTA",
            ),
        ),
    ),
)
