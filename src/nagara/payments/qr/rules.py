"""The rules of payment codes: from a scanned text to one common noun, and from the noun to a text.

Laws:  L1  Any text is read or refused; nothing else happens.
       L2  What `encode` writes, `decode` reads as the same code.
       L3  What `decode` reads, `rewrite` writes again character by character (but `00` as payload
           format becomes `01`, and the checksum upper-case).
       L4  A text has one reading: lengths count characters, nothing stands twice.
Not here: who may be paid, limits, and whether an amount may be changed by the payer.
Spec: spec/qr.md; EMV QRCPS Merchant-Presented Mode v1.1, section 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from nagara.payments.qr import amounts, emvco, schemes
from nagara.payments.qr.forms import Form, ans, matching, n, s
from nagara.payments.qr.model import Code, Currencies, Field, Initiation, Scheme, Tip, TipKind
from nagara.payments.qr.refusals import (
    CodeTooLong,
    FieldMissing,
    FieldUnknown,
    FieldWrong,
    NotAPaymentCode,
)
from nagara.payments.qr.schemes import khqr, pix, upi

TEXT_CHARS_MAX: Final = 2048  # of any text, before it is known what it is
_BLANKS: Final = " \t\r\n"

_INITIATIONS: Final = {"11": Initiation.STATIC, "12": Initiation.DYNAMIC}
_TIPS: Final = {"01": TipKind.ASK_PAYER, "02": TipKind.FIXED, "03": TipKind.PERCENTAGE}
_CATEGORY: Final = n(4)
_COUNTRY: Final = matching("ANS 2", "[A-Za-z]{2}")
_REFERENCES: Final = {
    "01": "bill",
    "02": "mobile",
    "03": "store",
    "04": "loyalty",
    "05": "reference",
    "06": "customer",
    "07": "terminal",
    "08": "purpose",
    "09": "ask",
}
_LOCAL: Final = {"00": "language", "01": "name", "02": "city"}
# what is written; what others wrote is read with any length that the form allows
_WRITTEN: Final[Mapping[str, Form]] = {
    "merchant_category": _CATEGORY,
    "country": matching("ANS 2", "[A-Z]{2}"),
    "name": ans(1, 25),
    "city": ans(1, 15),
    "postal_code": ans(1, 10),
}
_TAG: Final = n(2)
_REFERENCE: Final = s(1, 25)
_ANY: Final = s(1, emvco.VALUE_CHARS_MAX)
_WRITTEN_REFERENCE: Final = {"ask": matching("ANS 1-3, A M E", "[AME]{1,3}")}
_WRITTEN_LOCAL: Final[Mapping[str, Form]] = {
    "language": matching("ANS 2", "[A-Za-z]{2}"),
    "name": s(1, 25),
    "city": s(1, 15),
}
_NOUNS: Final = frozenset(
    {"00", "01", "52", "53", "54", "55", "56", "57", "58", "59", "60", "61", "62", "63", "64"}
)
_ONLY_EMVCO: Final = ("city", "country", "postal_code", "local", "tip", "created", "expires")


def decode(text: str, currencies: Currencies) -> Code:
    """The code that a scanned or pasted text says. Blanks around it do not count.

    `currencies` are those which the caller can pay in, by numeric code. Raises the refusals of
    this room (L1).
    """
    if len(text) > TEXT_CHARS_MAX:
        raise CodeTooLong(length=len(text), limit=TEXT_CHARS_MAX)
    text = text.strip(_BLANKS)
    if text[: len(upi.START)].lower() == upi.START:
        return upi.read(text, currencies)
    if not text.startswith(emvco.FORMAT):
        raise NotAPaymentCode
    return _code(emvco.read(text), currencies)


def encode(code: Code, currencies: Currencies) -> str:
    """The text of a code; its `fields` do not count. Raises the refusals of this room.

    Written in the order of tags and within the lengths of the standard, so that every reader of
    the scheme can read it. Where the caller says nothing, the scheme's country and layout are
    filled in, and `initiation` follows from the amount.
    """
    code = _settled(code)
    if code.scheme is Scheme.UPI:
        _refuse_what_links_lack(code)
        text = upi.write(code, currencies)
    else:
        text = emvco.write(_fields(code, currencies))
    again = decode(text, currencies)
    if again.scheme is not code.scheme or (code.others and again.identifiers != code.identifiers):
        # the caller put another scheme's template into the places that have no scheme
        raise FieldUnknown(field="others" if code.others else "identifiers", scheme=code.scheme)
    assert again == code, "a code was written that reads otherwise"
    return text


def rewrite(code: Code) -> str:
    """The text from which a code was read, from its `fields` (L3)."""
    if code.scheme is Scheme.UPI:
        return upi.write_fields(code.fields)
    return emvco.write(code.fields)


def _code(fields: tuple[Field, ...], currencies: Currencies) -> Code:
    by_tag = {field.tag: field for field in fields}
    values = {field.tag: field.value for field in fields if field.value}
    if "53" not in values:
        raise FieldMissing(field="53")
    currency = amounts.currency_of(values["53"], currencies)
    scheme, template, identifiers = _payee(fields)
    amount = amounts.read(values["54"], currency) if "54" in values else None
    times = by_tag.get(khqr.TIMES) if scheme is Scheme.KHQR else None
    created, expires = khqr.read_times(times)
    references = _named(by_tag.get("62"), _REFERENCES)
    if scheme is Scheme.PIX and "reference" in references:
        pix.TXID.require("62.05", references["reference"])
    return Code(
        scheme=scheme,
        identifiers=identifiers,
        currency=currency[0],
        amount_minor=amount,
        name=values.get("59"),
        city=values.get("60"),
        country=_formed(values, "58", _COUNTRY),
        initiation=_initiation(values.get("01"), _implied(scheme, identifiers, amount)),
        merchant_category=_formed(values, "52", _CATEGORY),
        postal_code=values.get("61"),
        references=references,
        local=_named(by_tag.get("64"), _LOCAL),
        tip=_tip(values, currency),
        created=created,
        expires=expires,
        others=_others(fields, scheme, (template, times)),
        fields=fields,
    )


def _payee(fields: Iterable[Field]) -> tuple[Scheme, Field | None, dict[str, str]]:
    """The first template of a scheme that we know; else every account as it stands."""
    identifiers: dict[str, str] = {}
    for field in fields:
        if not _is_account(field):
            continue
        if forms := schemes.recognised(field):
            return forms[0].scheme, field, schemes.read(field, forms)
        identifiers |= {f"{field.tag}.{sub.tag}": sub.value for sub in field.fields if sub.value}
        if field.value and not field.fields:
            identifiers[field.tag] = field.value
    if not identifiers:
        raise FieldMissing(field="02-51")
    return Scheme.EMVCO, None, identifiers


def _is_account(field: Field) -> bool:
    return "02" <= field.tag <= "51"


def _others(
    fields: Iterable[Field], scheme: Scheme, used: tuple[Field | None, ...]
) -> tuple[Field, ...]:
    rest = [field for field in fields if field.tag not in _NOUNS]
    if scheme is Scheme.EMVCO:
        rest = [field for field in rest if not _is_account(field)]
    return tuple(field for field in rest if field not in used)


def _named(template: Field | None, names: Mapping[str, str]) -> dict[str, str]:
    if template is None:
        return {}
    return {names.get(sub.tag, sub.tag): sub.value for sub in template.fields if sub.value}


def _formed(values: Mapping[str, str], tag: str, form: Form) -> str | None:
    return form.require(tag, values[tag]) if tag in values else None


def _initiation(said: str | None, implied: Initiation) -> Initiation:
    if said is None:
        return implied
    if said not in _INITIATIONS:
        raise FieldWrong(field="01", form="11 | 12")
    return _INITIATIONS[said]


def _implied(scheme: Scheme, identifiers: Mapping[str, str], amount: int | None) -> Initiation:
    """What a code is whose tag 01 is absent. Pix writes prices on posters, without the tag."""
    if scheme is Scheme.PIX:
        return Initiation.DYNAMIC if "url" in identifiers else Initiation.STATIC
    return upi.implied(amount)


def _tip(values: Mapping[str, str], currency: tuple[str, int]) -> Tip | None:
    kind = _TIPS.get(values.get("55", ""))
    if kind is None and "55" in values:
        raise FieldWrong(field="55", form="01 | 02 | 03")
    for tag, owner in (("56", TipKind.FIXED), ("57", TipKind.PERCENTAGE)):
        if tag in values and kind is not owner:
            raise FieldWrong(field=tag, form="-")
        if tag not in values and kind is owner:
            raise FieldMissing(field=tag)
    if kind is None:
        return None
    return Tip(
        kind,
        amounts.read(values["56"], currency) if kind is TipKind.FIXED else None,
        amounts.read_percentage(values["57"]) if kind is TipKind.PERCENTAGE else None,
    )


def _settled(code: Code) -> Code:
    """The code with everything said that a reader of its text will find."""
    identifiers = dict(code.identifiers)
    if code.scheme in schemes.FORMS:
        for slot in schemes.form_for(code.scheme, identifiers).slots:
            if slot.written is not None:
                identifiers.setdefault(slot.name, slot.written)
    implied = _implied(code.scheme, identifiers, code.amount_minor)
    references = dict(code.references)
    if code.scheme is Scheme.PIX:
        references.setdefault("reference", pix.NO_REFERENCE)
    return replace(
        code,
        identifiers=identifiers,
        references=references,
        others=_in_order(code),
        country=code.country or schemes.COUNTRIES.get(code.scheme),
        initiation=code.initiation or implied,
    )


def _in_order(code: Code) -> tuple[Field, ...]:
    """Other data objects as they are written: a link's as they come, a code's by their tags."""
    if code.scheme is Scheme.UPI:
        return code.others
    return tuple(sorted(code.others, key=lambda field: field.tag))


def _refuse_what_links_lack(code: Code) -> None:
    for name in _ONLY_EMVCO:
        if getattr(code, name):
            raise FieldUnknown(field=name, scheme=code.scheme)


def _fields(code: Code, currencies: Currencies) -> list[Field]:
    """The root data objects of a code, without the checksum, in the order of their tags."""
    numeric = amounts.numeric_of(code.currency, currencies)
    currency = currencies[numeric]
    for name in schemes.REQUIRED.get(code.scheme, ()):
        if getattr(code, name) is None:
            raise FieldMissing(field=name)
    fields = [Field(emvco.FORMAT, "01"), *_written_initiation(code), *_written_payee(code)]
    fields += _written(code, {"52": "merchant_category"})
    fields.append(Field("53", numeric))
    if code.amount_minor is not None:
        fields.append(Field("54", amounts.write(code.amount_minor, currency)))
    fields += _written_tip(code.tip, currency)
    fields += _written(code, {"58": "country", "59": "name", "60": "city", "61": "postal_code"})
    if code.references:
        forms = _WRITTEN_REFERENCE | ({"reference": pix.TXID} if code.scheme is Scheme.PIX else {})
        fields.append(_template("62", code.references, _REFERENCES, forms))
    if code.local:
        fields.append(_written_local(code.local))
    fields += _written_times(code)
    fields += _checked_others(code, fields)
    return sorted(fields, key=lambda field: field.tag)


def _written(code: Code, names: Mapping[str, str]) -> Iterable[Field]:
    for tag, name in names.items():
        value = getattr(code, name)
        if value is not None:
            yield Field(tag, _WRITTEN[name].require(name, value))


def _written_initiation(code: Code) -> Iterable[Field]:
    static_pix = code.scheme is Scheme.PIX and "url" not in code.identifiers
    if static_pix and code.initiation is Initiation.STATIC:
        return ()
    return (Field("01", "11" if code.initiation is Initiation.STATIC else "12"),)


def _written_payee(code: Code) -> list[Field]:
    if code.scheme in schemes.FORMS:
        form = schemes.form_for(code.scheme, code.identifiers)
        return [form.write(code.identifiers)]
    groups: dict[str, list[Field]] = {}
    plain = []
    for path, value in sorted(code.identifiers.items()):
        outer, _, inner = path.partition(".")
        templated = outer in emvco.ACCOUNT_TEMPLATES
        if not "02" <= outer <= "51" or bool(inner) != templated or not value:
            raise FieldUnknown(field=path[:32], scheme=code.scheme)
        if inner:
            groups.setdefault(outer, []).append(Field(inner, value))
        else:
            plain.append(Field(outer, value))
    if not groups and not plain:
        raise FieldMissing(field="02-51")
    return plain + [emvco.template(outer, inside) for outer, inside in groups.items()]


def _written_tip(tip: Tip | None, currency: tuple[str, int]) -> Iterable[Field]:
    if tip is None:
        return
    yield Field("55", next(tag for tag, kind in _TIPS.items() if kind is tip.kind))
    if (tip.fixed_minor is None) == (tip.kind is TipKind.FIXED):
        raise FieldWrong(field="tip.fixed_minor", form=str(tip.kind))
    if (tip.percentage_hundredths is None) == (tip.kind is TipKind.PERCENTAGE):
        raise FieldWrong(field="tip.percentage_hundredths", form=str(tip.kind))
    if tip.fixed_minor is not None:
        yield Field("56", amounts.write(tip.fixed_minor, currency))
    if tip.percentage_hundredths is not None:
        yield Field("57", amounts.write_percentage(tip.percentage_hundredths))


def _written_local(local: Mapping[str, str]) -> Field:
    for name in ("language", "name"):
        if name not in local:
            raise FieldMissing(field=f"local.{name}")
    return _template("64", local, _LOCAL, _WRITTEN_LOCAL)


def _template(
    tag: str, given: Mapping[str, str], names: Mapping[str, str], forms: Mapping[str, Form]
) -> Field:
    """A template of named values; a value without a name comes under its own two digits."""
    tags = {name: sub for sub, name in names.items()}
    inner = []
    for name, value in given.items():
        if name in names or not (name in tags or _TAG.admits(name)):
            raise FieldUnknown(field=f"{tag}.{name[:32]}", scheme=Scheme.EMVCO)
        form = forms.get(name, _REFERENCE if name in tags else _ANY)
        inner.append(Field(tags.get(name, name), form.require(f"{tag}.{name}", value)))
    return emvco.template(tag, sorted(inner, key=lambda field: field.tag))


def _written_times(code: Code) -> Iterable[Field]:
    if code.scheme is Scheme.KHQR:
        times = khqr.write_times(code.created, code.expires, code.amount_minor)
        return () if times is None else (times,)
    for name in ("created", "expires", "minimum_minor"):
        if getattr(code, name) is not None:
            raise FieldUnknown(field=name, scheme=code.scheme)
    return ()


def _checked_others(code: Code, fields: Iterable[Field]) -> tuple[Field, ...]:
    """The data objects without a noun, as long as they say nothing that a noun says."""
    taken = {field.tag for field in fields} | _NOUNS
    if code.scheme is Scheme.KHQR:
        taken.add(khqr.TIMES)
    for other in code.others:
        alien = _is_account(other) and code.scheme is Scheme.EMVCO
        if other.tag in taken or alien:
            raise FieldUnknown(field=other.tag[:32], scheme=code.scheme)
    return code.others
