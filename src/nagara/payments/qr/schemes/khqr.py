"""KHQR of Cambodia: a person in template 29, a merchant in template 30, both as `name@bank`.

KHQR has no globally unique identifier: tag 00 is the account itself. Template 99 tells when the
code was made and when it ends, in milliseconds, and stands before the checksum, out of order.
Spec: KHQR Code Specification v1.0 (Association of Banks in Cambodia, 2019) and the KHQR SDK
guideline of the National Bank of Cambodia.
"""

from __future__ import annotations

from typing import Final

from nagara.kernel.instant import Instant
from nagara.payments.qr import emvco
from nagara.payments.qr.forms import ans, matching, n
from nagara.payments.qr.model import Field, Scheme
from nagara.payments.qr.refusals import FieldMissing, FieldWrong
from nagara.payments.qr.schemes.account import AccountForm, Slot

TIMES: Final = "99"
_CREATED: Final = "00"
_EXPIRES: Final = "01"
_MILLIS: Final = n(13)
ACCOUNT: Final = matching("ANS 3-32, name@bank", "(?=.{3,32}$)[!-?A-~]+@[!-?A-~]+")
_ACCOUNT: Final = Slot("account", "00", ACCOUNT)

FORMS: Final = (
    AccountForm(
        scheme=Scheme.KHQR,
        tag="30",
        gui=None,
        slots=(_ACCOUNT, Slot("merchant", "01", ans(1, 32)), Slot("institution", "02", ans(1, 32))),
    ),
    AccountForm(
        scheme=Scheme.KHQR,
        tag="29",
        gui=None,
        slots=(
            _ACCOUNT,
            Slot("account_information", "01", ans(1, 32), required=False),
            Slot("institution", "02", ans(1, 32), required=False),
        ),
    ),
)


def read_times(template: Field | None) -> tuple[Instant | None, Instant | None]:
    """When the code was made and when it ends, of template 99 if there is one."""
    if template is None:
        return None, None
    values = {field.tag: field.value for field in template.fields}
    if not values or not values.keys() <= {_CREATED, _EXPIRES}:
        raise FieldWrong(field=TIMES, form="TLV")
    return _instant(values, _CREATED), _instant(values, _EXPIRES)


def write_times(
    created: Instant | None, expires: Instant | None, amount_minor: int | None
) -> Field | None:
    """Template 99, or None. A code with an amount must say when it ends (SDK guideline)."""
    if amount_minor is not None and expires is None:
        raise FieldMissing(field="expires")
    if expires is not None and created is None:
        raise FieldMissing(field="created")
    if created is None:
        return None
    fields = [Field(_CREATED, _millis(created, "created"))]
    if expires is not None:
        if expires < created:
            raise FieldWrong(field="expires", form="≥ created")
        fields.append(Field(_EXPIRES, _millis(expires, "expires")))
    return emvco.template(TIMES, fields)


def _instant(values: dict[str, str], tag: str) -> Instant | None:
    if tag not in values:
        return None
    return Instant(int(_MILLIS.require(f"{TIMES}.{tag}", values[tag])) * 1000)


def _millis(at: Instant, name: str) -> str:
    if at.micros % 1000:
        raise FieldWrong(field=name, form="ms")
    return _MILLIS.require(name, str(at.micros // 1000))
