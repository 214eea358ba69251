"""Codecs of other hands read what we write, and we read what they write.

npm `vietnam-qr-pay` and `bakong-khqr` (the SDK of the National Bank of Cambodia), PyPI
`napas-qr-python` and `konthaina-khqr`. Versions: package-lock.json here and requirements/test.txt.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import konthaina_khqr
import qr_pay  # type: ignore[import-untyped]
from konthaina_khqr.decode import decode as khqr_objects

from nagara.kernel.instant import Instant
from nagara.kernel.money import Money
from nagara.payments.qr import Code, Initiation, decode, encode
from tests.foreign.qr.made import COUNT, CURRENCIES, Maker
from tests.foreign.qr.node import ask

_EXPONENTS = dict(CURRENCIES.values())
_NUMERIC = {pair[0]: numeric for numeric, pair in CURRENCIES.items()}


def _amount(code: Code) -> str | None:
    if code.amount_minor is None:
        return None
    return Money(code.amount_minor, code.currency).decimal(_EXPONENTS[code.currency])


def _within(minutes: int) -> tuple[Instant, Instant]:
    """From now on: the peers refuse a code whose time is over, by the machine's clock."""
    now = Instant.from_seconds(int(time.time()))
    return now, now.plus_seconds(60 * minutes)


def _khmer(count: int) -> list[Code]:
    maker, (created, expires) = Maker(), _within(30)
    return [maker.khmer(created, expires) for _ in range(count)]


def test_our_vietqr_is_read_by_the_npm_codec_as_we_meant_it() -> None:
    maker = Maker()
    meant = [maker.viet() for _ in range(COUNT)]
    texts = [encode(code, CURRENCIES) for code in meant]
    answers = ask([{"ask": "vietqr.read", "text": text} for text in texts])
    for code, text, said in zip(meant, texts, answers, strict=True):
        assert said["valid"], text
        assert said["institution"] == code.identifiers["institution"]
        assert said["account"] == code.identifiers["account"]
        assert said["service"] == code.identifiers["service"]
        assert said.get("amount") == _amount(code)
        assert (said["currency"], said["country"]) == ("704", "VN")
        assert said["initiation"] == ("11" if code.amount_minor is None else "12")
        assert said["references"].get("purpose") == code.references.get("purpose")
        assert said["references"].get("billNumber") == code.references.get("bill")


def test_vietqr_of_the_npm_codec_is_read_as_it_was_meant_and_written_back_the_same() -> None:
    maker = Maker()
    meant = [maker.viet() for _ in range(COUNT)]
    options = [
        {
            "bankBin": code.identifiers["institution"],
            "bankNumber": code.identifiers["account"],
            "service": code.identifiers["service"],
            "amount": _amount(code),
            "purpose": code.references.get("purpose"),
        }
        for code in meant
    ]
    texts = ask([{"ask": "vietqr.write", "options": option} for option in options])
    for code, text in zip(meant, texts, strict=True):
        said = decode(text, CURRENCIES)
        assert said.identifiers == code.identifiers
        assert said.amount_minor == code.amount_minor
        assert said.references.get("purpose") == code.references.get("purpose")
        assert encode(said, CURRENCIES) == text


def test_our_laoqr_is_read_by_the_npm_codec_as_we_meant_it() -> None:
    maker = Maker()
    meant = [maker.lao() for _ in range(COUNT)]
    answers = ask([{"ask": "vietqr.read", "text": encode(code, CURRENCIES)} for code in meant])
    for code, said in zip(meant, answers, strict=True):
        assert said["valid"]
        assert said["guid"] == "A005266284662577"
        assert (said["data"], said["service"]) == (code.identifiers["institution"], "002")
        assert (said.get("name"), said.get("city")) == (code.name, code.city)
        assert said.get("amount") == _amount(code)
        assert (said["currency"], said["country"]) == ("418", "LA")
        assert said["references"].get("terminal") == code.references.get("terminal")


def test_our_laoqr_is_taken_apart_by_the_cambodian_sdk_into_the_same_data_objects() -> None:
    maker = Maker()
    meant = [maker.lao() for _ in range(COUNT)]
    answers = ask([{"ask": "khqr.objects", "text": encode(code, CURRENCIES)} for code in meant])
    for code, said in zip(meant, answers, strict=True):
        assert said["38"]["01"] == code.identifiers["institution"]
        assert said["38"]["03"] == code.identifiers["account"]


def test_our_khqr_is_valid_for_the_cambodian_sdk_and_read_as_we_meant_it() -> None:
    meant = _khmer(COUNT)
    texts = [encode(code, CURRENCIES) for code in meant]
    assert all(ask([{"ask": "khqr.verify", "text": text} for text in texts]))
    answers = ask([{"ask": "khqr.read", "text": text} for text in texts])
    for code, said in zip(meant, answers, strict=True):
        assert said["merchantType"] == ("30" if "merchant" in code.identifiers else "29")
        assert said["bakongAccountID"] == code.identifiers["account"]
        assert said["merchantID"] == code.identifiers.get("merchant")
        assert said["acquiringBank"] == code.identifiers.get("institution")
        assert (said["merchantName"], said["merchantCity"]) == (code.name, code.city)
        assert said["transactionAmount"] == _amount(code)
        assert said["transactionCurrency"] == _NUMERIC[code.currency]
        assert said["billNumber"] == code.references.get("bill")
        assert said["merchantNameAlternateLanguage"] == code.local.get("name")
        assert said["expirationTimestamp"] == _millis(code.expires)


def _millis(at: Instant | None) -> str | None:
    return None if at is None else str(at.micros // 1000)


def test_one_wrong_digit_in_our_khqr_is_seen_by_the_cambodian_sdk_too() -> None:
    texts = [encode(code, CURRENCIES) for code in _khmer(50)]
    wrong = [text[:-1] + ("0" if text[-1] != "0" else "1") for text in texts]
    assert not any(ask([{"ask": "khqr.verify", "text": text} for text in wrong]))


def _asked_of_the_sdk(code: Code) -> dict[str, Any]:
    options = {
        "currency": int(_NUMERIC[code.currency]),
        "amount": None if code.amount_minor is None else float(_amount(code) or 0),
        "billNumber": code.references.get("bill"),
        "storeLabel": code.references.get("store"),
        "languagePreference": code.local.get("language"),
        "merchantNameAlternateLanguage": code.local.get("name"),
        "merchantCityAlternateLanguage": code.local.get("city"),
        "expirationTimestamp": _millis(code.expires),
    }
    asked = {"account": code.identifiers["account"], "name": code.name, "city": code.city}
    if "merchant" in code.identifiers:
        bank = code.identifiers["institution"]
        merchant = code.identifiers["merchant"]
        asked |= {"ask": "khqr.merchant", "merchant": merchant, "bank": bank}
    else:
        asked |= {"ask": "khqr.person"}
    return asked | {"options": options}


def test_khqr_of_the_cambodian_sdk_is_read_as_it_was_meant() -> None:
    meant = _khmer(COUNT)
    for code, answer in zip(meant, ask([_asked_of_the_sdk(code) for code in meant]), strict=True):
        said = decode(answer["data"]["qr"], CURRENCIES)
        assert said.identifiers == code.identifiers
        assert (said.amount_minor, said.currency) == (code.amount_minor, code.currency)
        assert (said.name, said.city, said.local) == (code.name, code.city, code.local)
        assert (said.references, said.expires) == (code.references, code.expires)


def test_our_vietqr_is_read_by_the_python_codec_as_we_meant_it() -> None:
    maker = Maker()
    for code in (maker.viet() for _ in range(COUNT)):
        said = qr_pay.decode(encode(code, CURRENCIES))
        assert said["bin_id"] == code.identifiers["institution"]
        assert said["consumer_id"] == code.identifiers["account"]
        assert said["service_code"] == code.identifiers["service"]
        assert said["transaction_amount"] == _amount(code)
        assert said.get("purpose_of_transaction") == code.references.get("purpose")
        assert qr_pay.QRPay(**{k: v for k, v in said.items() if v is not None}).code


def test_vietqr_of_the_python_codec_is_read_as_it_was_meant_and_written_back_the_same() -> None:
    maker = Maker()
    for code in (maker.viet() for _ in range(COUNT)):
        text = qr_pay.QRPay(
            code.identifiers["institution"],
            code.identifiers["account"],
            code.amount_minor,
            code.references.get("purpose"),
            service_code="ACCOUNT" if code.identifiers["service"] == "QRIBFTTA" else "CARD",
            bill_number=code.references.get("bill"),
        ).code
        said = decode(text, CURRENCIES)
        assert said.identifiers == code.identifiers
        assert (said.amount_minor, said.references) == (code.amount_minor, code.references)
        assert said.initiation is Initiation.DYNAMIC  # what this codec always writes
        assert encode(said, CURRENCIES) == text


def test_our_khqr_is_read_by_the_python_codec_as_we_meant_it() -> None:
    for code in _khmer(COUNT):
        # its checksum counts characters instead of bytes: it agrees on ASCII alone
        text = encode(replace(code, local={}), CURRENCIES)
        said = khqr_objects(text)
        assert konthaina_khqr.verify(text)
        assert (said["59"], said["60"], said.get("54")) == (code.name, code.city, _amount(code))


def test_khqr_of_the_python_codec_is_read_as_it_was_meant() -> None:
    kinds = konthaina_khqr.MerchantType
    for code in _khmer(COUNT):
        merchant = code.identifiers.get("merchant")
        peer = konthaina_khqr.KHQRGenerator(kinds.MERCHANT if merchant else kinds.INDIVIDUAL)
        peer.set_bakong_account_id(code.identifiers["account"]).set_currency(code.currency)
        peer.set_merchant_name(code.name or "").set_merchant_city(code.city or "")
        if merchant:
            peer.set_merchant_id(merchant).set_acquiring_bank(code.identifiers["institution"])
        if code.amount_minor is not None:
            peer.set_amount(float(_amount(code) or 0))
        said = decode(peer.generate().qr, CURRENCIES)
        assert said.identifiers == code.identifiers
        assert (said.amount_minor, said.currency) == (code.amount_minor, code.currency)
        assert (said.name, said.city) == (code.name, code.city)
