"""The payment schemes: whose identifiers stand in a code, and what else each of them asks for.

A new scheme is a file with its table, and a line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nagara.payments.qr import emvco
from nagara.payments.qr.model import Field, Scheme
from nagara.payments.qr.refusals import FieldMissing
from nagara.payments.qr.schemes import khqr, laoqr, pix, promptpay, vietqr
from nagara.payments.qr.schemes.account import GUI, AccountForm

FORMS: Final[Mapping[Scheme, tuple[AccountForm, ...]]] = {
    Scheme.LAOQR: laoqr.FORMS,
    Scheme.VIETQR: vietqr.FORMS,
    Scheme.PROMPTPAY: promptpay.FORMS,
    Scheme.KHQR: khqr.FORMS,
    Scheme.PIX: pix.FORMS,
}
# what the scheme fixes in tag 58, written where the caller says nothing
COUNTRIES: Final[Mapping[Scheme, str]] = {
    Scheme.LAOQR: "LA",
    Scheme.VIETQR: "VN",
    Scheme.PROMPTPAY: "TH",
    Scheme.KHQR: "KH",
    Scheme.PIX: "BR",
}
# EMV makes these mandatory; the other schemes leave them away in codes of persons
REQUIRED: Final[Mapping[Scheme, tuple[str, ...]]] = {
    Scheme.EMVCO: ("merchant_category", "country", "name", "city"),
    Scheme.KHQR: ("merchant_category", "name", "city"),
    Scheme.PIX: ("merchant_category", "name", "city"),
}
_BY_GUI: Final[dict[str, tuple[AccountForm, ...]]] = {}
for _forms in FORMS.values():
    for _form in _forms:
        if _form.gui is not None:
            _BY_GUI[_form.gui.upper()] = (*_BY_GUI.get(_form.gui.upper(), ()), _form)


def recognised(template: Field) -> tuple[AccountForm, ...]:
    """The layouts which the template may be of, complete or not; none where we know no scheme."""
    if not template.fields or template.tag not in emvco.ACCOUNT_TEMPLATES:
        return ()
    first = template.fields[0]
    if first.tag != GUI:
        return ()
    if "@" in first.value and khqr.ACCOUNT.admits(first.value):
        return tuple(form for form in khqr.FORMS if form.tag == template.tag)
    return _BY_GUI.get(first.value.upper(), ())


def read(template: Field, forms: tuple[AccountForm, ...]) -> dict[str, str]:
    """The identifiers in a template, by the first of its layouts which is complete."""
    lacking = None
    for form in forms:
        missing = form.missing(template)
        if missing is None:
            return form.read(template)
        lacking = lacking or missing
    raise FieldMissing(field=lacking or template.tag)


def form_for(scheme: Scheme, identifiers: Mapping[str, str]) -> AccountForm:
    """The layout which these identifiers fill. Raises FieldMissing."""
    for form in FORMS[scheme]:
        if all(slot.name in identifiers for slot in form.slots if slot.required):
            return form
    raise FieldMissing(field=" | ".join(_least(form, identifiers) for form in FORMS[scheme]))


def _least(form: AccountForm, identifiers: Mapping[str, str]) -> str:
    lacking = (slot.name for slot in form.slots if slot.required and slot.name not in identifiers)
    return next(lacking)
