"""What is written is read as the same code, for any scheme and any values that are written."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nagara.kernel.errors import Refusal
from nagara.kernel.instant import Instant
from nagara.payments.qr import (
    Code,
    Field,
    Initiation,
    Scheme,
    Tip,
    TipKind,
    decode,
    encode,
    rewrite,
)
from nagara.payments.qr.schemes.promptpay import check_digit_fits
from tests.payments.qr.currencies import CURRENCIES

digits = st.text("0123456789", min_size=1, max_size=15)
printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=25)
script = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp", "Cn"]), min_size=1, max_size=20
)


def _digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


_mailbox = st.from_regex(r"[a-z0-9._]{1,12}@[a-z]{2,8}", fullmatch=True)
_identifiers: dict[Scheme, st.SearchStrategy[dict[str, str]]] = {
    Scheme.LAOQR: st.fixed_dictionaries(
        {"institution": _digits(8), "account": printable}, optional={"type": _digits(3)}
    ),
    Scheme.VIETQR: st.fixed_dictionaries(
        {"institution": _digits(6), "account": digits},
        optional={"service": st.sampled_from(["QRIBFTTA", "QRIBFTTC", "QRCASH", "QRPUSH"])},
    ),
    Scheme.PROMPTPAY: st.one_of(
        st.fixed_dictionaries({"mobile": _digits(9).map("0066".__add__)}),
        st.fixed_dictionaries({"national_id": _digits(13).filter(check_digit_fits)}),
        st.fixed_dictionaries({"ewallet": _digits(15)}),
        st.fixed_dictionaries({"account": digits}),
        st.fixed_dictionaries(
            {"biller": _digits(15), "reference_1": digits}, optional={"reference_2": digits}
        ),
    ),
    Scheme.KHQR: st.one_of(
        st.fixed_dictionaries({"account": _mailbox}, optional={"institution": printable}),
        st.fixed_dictionaries({"account": _mailbox, "merchant": digits, "institution": printable}),
    ),
    Scheme.PIX: st.one_of(
        st.fixed_dictionaries({"account": printable}, optional={"note": script}),
        st.fixed_dictionaries({"url": st.from_regex(r"[a-z]{1,9}\.example/[a-z0-9]{1,9}")}),
    ),
    Scheme.UPI: st.fixed_dictionaries(
        {"account": _mailbox}, optional={"sign": printable, "url": printable, "transaction": script}
    ),
    Scheme.EMVCO: st.fixed_dictionaries(
        {"04": digits}, optional={"27.00": printable, "27.01": script, "51.07": digits}
    ),
}
_names = ["bill", "mobile", "store", "loyalty", "customer", "terminal", "purpose", "50", "77"]
_references = st.dictionaries(st.sampled_from(_names), script, max_size=3)
_minor = st.integers(1, 10**6)
_link_references = st.dictionaries(st.sampled_from(["reference", "purpose"]), script)
_tips = st.one_of(
    st.just(Tip(TipKind.ASK_PAYER)),
    st.integers(1, 10**6).map(lambda minor: Tip(TipKind.FIXED, fixed_minor=minor)),
    st.integers(1, 9999).map(lambda part: Tip(TipKind.PERCENTAGE, percentage_hundredths=part)),
)
_others = st.lists(
    st.builds(Field, st.sampled_from(["05", "26", "65", "79", "80", "98"]), printable),
    max_size=2,
    unique_by=lambda field: field.tag,
)


@st.composite
def _codes(draw: st.DrawFn) -> Code:
    scheme = draw(st.sampled_from(list(Scheme)))
    code: dict[str, Any] = {
        "scheme": scheme,
        "identifiers": draw(_identifiers[scheme]),
        "currency": draw(st.sampled_from([pair[0] for pair in CURRENCIES.values()])),
        "amount_minor": draw(st.none() | st.integers(1, 10**10)),
        "name": draw(printable),
        "merchant_category": draw(_digits(4)),
    }
    if scheme is Scheme.UPI:
        code |= {"references": draw(_link_references), "minimum_minor": draw(st.none() | _minor)}
        return Code(**code)
    code |= {
        "city": draw(printable.map(lambda text: text[:15])),
        "country": draw(st.sampled_from(["LA", "VN", "KH"])),
        "initiation": draw(st.none() | st.sampled_from(list(Initiation))),
        "postal_code": draw(st.none() | digits.map(lambda text: text[:10])),
        "references": draw(_references),
        "local": draw(
            st.just({}) | st.fixed_dictionaries({"language": st.just("LO"), "name": script})
        ),
        "tip": draw(st.none() | _tips),
        "others": tuple(draw(_others)),
    }
    if scheme is Scheme.KHQR:
        code |= {"created": Instant.from_seconds(1_767_225_600)}
        code |= {"expires": Instant.from_seconds(1_767_225_600 + draw(st.integers(0, 10**6)))}
    return Code(**code)


@given(_codes())
def test_what_is_written_is_read_as_the_same_code_or_was_refused(code: Code) -> None:
    try:
        text = encode(code, CURRENCIES)
    except Refusal:
        return
    again = decode(text, CURRENCIES)
    for name in ("scheme", "currency", "amount_minor", "name", "city", "local", "tip"):
        assert getattr(again, name) == getattr(code, name)
    assert set(again.others) == set(code.others)
    assert again.identifiers.items() >= code.identifiers.items()
    assert again.references.items() >= code.references.items()
    assert rewrite(again) == text
    assert encode(again, CURRENCIES) == text


@given(_identifiers[Scheme.LAOQR], st.none() | _minor)
def test_every_lao_code_within_the_lengths_is_written(
    identifiers: dict[str, str], minor: int | None
) -> None:
    code = Code(Scheme.LAOQR, identifiers, "LAK", amount_minor=minor)
    assert decode(encode(code, CURRENCIES), CURRENCIES).amount_minor == minor
