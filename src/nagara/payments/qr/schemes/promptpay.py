"""Thai QR Payment (PromptPay): a credit transfer in template 29, or a bill in template 30.

A credit transfer names its payee once: by mobile number, national or tax number, e-wallet or
account. A bill names the biller and one or two references; in tag 62-07 stands the terminal.
Writers differ in the order of tags 53, 54 and 58; a reader may not rely on it.
Spec: Bank of Thailand and Thai Bankers' Association, Thai QR Payment Standard (2017).
"""

from __future__ import annotations

from typing import Final

from nagara.payments.qr.forms import Form, ans, matching, n
from nagara.payments.qr.model import Scheme
from nagara.payments.qr.schemes.account import AccountForm, Slot


def check_digit_fits(number: str) -> bool:
    """Whether the 13th digit of a Thai national or tax number is 11 minus the weighed sum."""
    weights = range(13, 1, -1)
    weighed = sum(int(d) * weight for d, weight in zip(number[:12], weights, strict=True))
    return (11 - weighed % 11) % 10 == int(number[12])


def _transfer(name: str, path: str, form: Form) -> AccountForm:
    return AccountForm(Scheme.PROMPTPAY, "29", "A000000677010111", (Slot(name, path, form),))


FORMS: Final = (
    _transfer("mobile", "01", matching("N 13, 0066…", "0066[0-9]{9}")),
    _transfer("national_id", "02", matching("N 13, mod 11", "[0-9]{13}", check_digit_fits)),
    _transfer("ewallet", "03", n(15)),
    _transfer("account", "04", ans(1, 43)),
    AccountForm(
        scheme=Scheme.PROMPTPAY,
        tag="30",
        gui="A000000677010112",
        slots=(
            Slot("biller", "01", n(15)),
            Slot("reference_1", "02", ans(1, 20)),
            Slot("reference_2", "03", ans(1, 20), required=False),
        ),
    ),
)
