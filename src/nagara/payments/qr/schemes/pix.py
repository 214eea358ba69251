"""Pix of Brazil: a key of the payee's, or the address of an order that waits at the payee's bank.

The identifier of the payment is the reference (tag 62-05): up to 25 letters and digits, or `***`
for none. Tag 01 is usual only in codes for one payment.
Spec: Banco Central do Brasil, Manual de Padrões para Iniciação do Pix, sections 2 and 6.
"""

from __future__ import annotations

from typing import Final

from nagara.payments.qr.forms import ans, matching, n, s
from nagara.payments.qr.model import Scheme
from nagara.payments.qr.schemes.account import AccountForm, Slot

GUI: Final = "br.gov.bcb.pix"
NO_REFERENCE: Final = "***"
TXID: Final = matching("ANS 1-25 or ***", r"[A-Za-z0-9]{1,25}|\*\*\*")
_ADDRESS: Final = matching("ANS 1-77, no scheme", r"[A-Za-z0-9][!-9;-~]{0,76}")

FORMS: Final = (
    AccountForm(Scheme.PIX, "26", GUI, (Slot("url", "25", _ADDRESS),)),
    AccountForm(
        scheme=Scheme.PIX,
        tag="26",
        gui=GUI,
        slots=(
            Slot("account", "01", ans(1, 77)),
            Slot("note", "02", s(1, 72), required=False),
            Slot("withdrawal", "03", n(8), required=False),
        ),
    ),
)
