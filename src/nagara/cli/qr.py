"""`nagara qr`: read a payment code that somebody shows, or write one with its picture.

Exit code 0: done. 1: refused, with what happened, why, and who must do what on standard error.
2: the command itself was not understood.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import click

from nagara.kernel.errors import CodedError
from nagara.kernel.instant import Instant
from nagara.kernel.money import minor_from_decimal
from nagara.kernel.profile import Profile, load_profile
from nagara.kernel.sentences import LANGUAGES, sentence
from nagara.payments import qr as codes

_INPUT_BYTES_MAX: Final = 16_384  # more than any code has; what is cut off is refused
_TIMES: Final = ("created", "expires")
_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
_country = click.option(
    "--country", default="la", show_default=True, help="Whose currencies count: la, vn or a file."
)
_language = click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", help="Of refusals."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def qr() -> None:
    """Read and write payment QR codes."""


@qr.command()
@click.argument("text", metavar="STRING")
@_country
@_language
@_as_json
def decode(text: str, country: str, language: str, *, as_json: bool) -> None:
    """Say what the payment code or link STRING says (`-` reads it from standard input)."""
    profile = _profile(country)
    if text == "-":
        text = sys.stdin.buffer.read(_INPUT_BYTES_MAX).decode(errors="surrogateescape")
    with _refusals(language, as_json=as_json):
        code = codes.decode(text, _currencies(profile))
        _print(code, as_json=as_json)


@qr.command()
@click.argument("scheme", type=click.Choice([str(scheme) for scheme in codes.Scheme]))
@click.option("--to", "identifiers", multiple=True, metavar="NAME=VALUE", help="Who is paid.")
@click.option("--name", help="The payee's name in Latin letters.")
@click.option("--city", help="The payee's city in Latin letters.")
@click.option("--at", "country_code", help="The payee's country, two letters.")
@click.option("--category", "merchant_category", help="Merchant category, four digits.")
@click.option("--currency", help="Three letters; without it the country's own.")
@click.option("--amount", help="As people write it: 125.50")
@click.option("--reference", "references", multiple=True, metavar="NAME=VALUE", help="What for.")
@click.option("--local", multiple=True, metavar="NAME=VALUE", help="language, name, city.")
@click.option("--created", help="When the code is made (RFC 3339).")
@click.option("--expires", help="When it ends (RFC 3339).")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Write the picture.")
@click.option("--png", type=click.Path(dir_okay=False, path_type=Path), help="Write the picture.")
@_country
@_language
@_as_json
def encode(
    scheme: str,
    country: str,
    language: str,
    svg: Path | None,
    png: Path | None,
    *,
    as_json: bool,
    **said: Any,  # noqa: ANN401 - texts, tuples of texts or None, as the options above say
) -> None:
    """Write a payment code of SCHEME.

    For example: nagara qr encode laoqr --to institution=99990418 --to account=NGM01 --amount 25000
    """
    profile = _profile(country)
    code = _code(codes.Scheme(scheme), said, profile)
    with _refusals(language, as_json=as_json):
        text = codes.encode(code, _currencies(profile))
        _draw(text, code.name or scheme, svg, png)
    click.echo(json.dumps({"text": text}, ensure_ascii=False) if as_json else text)


def _code(scheme: codes.Scheme, said: dict[str, Any], profile: Profile) -> codes.Code:
    currency = said["currency"] or profile.currency.code
    return codes.Code(
        scheme=scheme,
        identifiers=_pairs(said["identifiers"], "--to"),
        currency=currency,
        amount_minor=_minor(said["amount"], currency, profile),
        name=said["name"],
        city=said["city"],
        country=said["country_code"],
        merchant_category=said["merchant_category"],
        references=_pairs(said["references"], "--reference"),
        local=_pairs(said["local"], "--local"),
        created=_instant(said["created"], "--created"),
        expires=_instant(said["expires"], "--expires"),
    )


def _profile(country: str) -> Profile:
    try:
        return load_profile(country)
    except (ValueError, OSError) as error:
        raise click.BadParameter(str(error), param_hint="--country") from None


def _currencies(profile: Profile) -> dict[str, tuple[str, int]]:
    known = (profile.currency, *profile.foreign_currencies.values())
    return {currency.numeric: (currency.code, currency.exponent) for currency in known}


def _pairs(given: Iterable[str], option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or name in pairs:
            raise click.BadParameter(f"NAME=VALUE, each name once: {pair!r}", param_hint=option)
        pairs[name] = value
    return pairs


def _minor(amount: str | None, currency: str, profile: Profile) -> int | None:
    exponents = dict(_currencies(profile).values())
    try:
        return None if amount is None else minor_from_decimal(amount, exponents.get(currency, 0))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--amount") from None


def _instant(text: str | None, option: str) -> Instant | None:
    try:
        return None if text is None else Instant.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _draw(text: str, title: str, svg: Path | None, png: Path | None) -> None:
    from nagara.payments.qr import images

    pictures: list[tuple[Path | None, Callable[[], bytes]]] = [
        (svg, lambda: images.svg(text, title=title).encode()),
        (png, lambda: images.png(text)),
    ]
    for path, draw in pictures:
        if path is not None:
            try:
                path.write_bytes(draw())
            except OSError as error:
                raise click.FileError(str(path), hint=error.strerror) from None


@contextmanager
def _refusals(language: str, *, as_json: bool) -> Iterator[None]:
    """A refusal inside ends the command with its sentence in the language of the caller."""
    try:
        yield
    except CodedError as error:
        said = sentence(error, language)
        if as_json:
            coded = {"code": error.code, "slug": error.slug, **asdict(said), "facts": error.facts}
            click.echo(json.dumps(coded, ensure_ascii=False), err=True)
        else:
            click.echo(f"{said.what}\n{said.why}\n{said.do}  ({error.code})", err=True)
        raise SystemExit(1) from None


def _print(code: codes.Code, *, as_json: bool) -> None:
    words = asdict(replace(code, created=None, expires=None, fields=(), others=()))
    words |= {name: str(at) for name in _TIMES if (at := getattr(code, name)) is not None}
    for name in ("others", "fields"):
        words[name] = [{"tag": one.tag, "value": one.value} for one in getattr(code, name)]
    if as_json:
        click.echo(json.dumps(words, ensure_ascii=False))
        return
    for name, value in _lines(words):
        click.echo(f"{name:24}{value}")


def _lines(words: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in words.items():
        if name == "fields" or value in (None, {}, []):
            continue
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", text) for inner, text in value.items() if text)
        elif isinstance(value, list):
            yield from ((f"{name}.{one['tag']}", one["value"]) for one in value)
        else:
            yield name, value
