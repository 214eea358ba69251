"""LaoQR, the interbank code of the Lao PDR: template 38 with the bank's number and a receiver.

The layout is drawn from codes in circulation, not from a published specification; what the type
means beyond 001 (seen on persons) and 002 (seen on merchants) is not known. The receiver is the
bank's own text, so any address fits in it.
"""

from __future__ import annotations

from typing import Final

from nagara.payments.qr.forms import ans, n
from nagara.payments.qr.model import Scheme
from nagara.payments.qr.schemes.account import AccountForm, Slot

FORMS: Final = (
    AccountForm(
        scheme=Scheme.LAOQR,
        tag="38",
        gui="A005266284662577",
        slots=(
            Slot("institution", "01", n(8)),
            Slot("type", "02", n(3), required=False, written="002"),
            Slot("account", "03", ans(1, 56)),
        ),
    ),
)
