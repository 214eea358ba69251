"""The settings of a node: one TOML file in the data folder, then NAGARA_* variables, then options.

The later wins. Every setting knows where its value comes from, an unknown name is refused wherever
it stands, and child processes get the values as variables again. Secrets come from variables only,
never from the file and never to the screen.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Final

from nagara.kernel.refusals import Malformed

FILE: Final = "nagara.toml"
PREFIX: Final = "NAGARA_"
HIDDEN: Final = "(hidden)"
WORKERS_MAX: Final = 64
Plain = str | int | bool
Sources = Mapping[str, tuple[object, str]]


class Profile(StrEnum):
    """What may be switched on: conveniences for showing, or nothing but the real thing."""

    DEMO = "demo"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class Setting:
    """One name: how its value is read, what it is when nobody says, and what it is for."""

    read: Callable[[object], Plain]
    default: Plain | None
    purpose: str
    secret: bool = False
    in_file: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """A value and where it comes from."""

    value: Plain | None
    source: str


def _whole(low: int, high: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool):
            raise TypeError
        number = int(str(value))
        if not low <= number <= high:
            raise ValueError(f"from {low} to {high}")
        return number

    return read


def _yes_or_no(value: object) -> bool:
    answers = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if (answer := answers.get(str(value).lower())) is None:
        raise ValueError("true or false")
    return answer


def _text(value: object) -> str:
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError("a text")
    return str(value)


def countries() -> tuple[str, ...]:
    """The country profiles which the package brings."""
    entries = resources.files("nagara").joinpath("countries").iterdir()
    return tuple(sorted(e.name.removesuffix(".toml") for e in entries if e.name.endswith(".toml")))


def _country(value: object) -> str:
    if value not in countries():
        raise ValueError("one of " + ", ".join(countries()))
    return str(value)


def _profile(value: object) -> str:
    if value not in list(Profile):
        raise ValueError("demo or production")
    return str(value)


SETTINGS: Final[Mapping[str, Setting]] = {
    "data": Setting(_text, "data", "the folder of everything that is kept", in_file=False),
    "profile": Setting(_profile, "demo", "demo or production"),
    "country": Setting(_country, "la", "the country profile"),
    "host": Setting(_text, "127.0.0.1", "the address to listen on"),
    "port": Setting(_whole(1, 65_535), 8000, "the port to listen on"),
    "workers": Setting(_whole(1, WORKERS_MAX), 2, "how many web processes"),
    "pool_max": Setting(_whole(2, 100), 6, "database connections of one process at most"),
    "demo": Setting(_yes_or_no, None, "visible one-time codes and made-up people"),
    "public_url": Setting(_text, None, "what people type to get here, when not host and port"),
    "database_url": Setting(_text, None, "a PostgreSQL of your own", secret=True),
    "database_folder": Setting(_text, None, "of the embedded one; `up` says it", in_file=False),
    "key_passphrase": Setting(_text, None, "opens the key files", secret=True, in_file=False),
    "key_passphrase_file": Setting(_text, None, "a file that holds it", in_file=False),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of one node, checked."""

    found: Mapping[str, Found]

    @property
    def data(self) -> Path:
        """The data folder, absolute."""
        return Path(str(self.found["data"].value)).resolve()

    @property
    def country(self) -> str:
        """The name of the country profile."""
        return str(self.found["country"].value)

    @property
    def host(self) -> str:
        """The address to listen on."""
        return str(self.found["host"].value)

    @property
    def port(self) -> int:
        """The port to listen on."""
        return self._number("port")

    @property
    def workers(self) -> int:
        """How many web processes."""
        return self._number("workers")

    @property
    def pool_max(self) -> int:
        """Database connections of one process at most."""
        return self._number("pool_max")

    @property
    def profile(self) -> Profile:
        """Demo or production."""
        return Profile(str(self.found["profile"].value))

    @property
    def demo(self) -> bool:
        """Whether the conveniences for showing are on; never in production."""
        return self.found["demo"].value is True

    @property
    def database_url(self) -> str | None:
        """A PostgreSQL of the operator's own; None means the embedded one."""
        value = self.found["database_url"].value
        return None if value is None else str(value)

    @property
    def database_folder(self) -> Path | None:
        """The folder of the embedded database, in the processes which `up` starts."""
        value = self.found["database_folder"].value
        return None if value is None else Path(str(value))

    @property
    def public_url(self) -> str:
        """What people type to get here, without a slash at the end."""
        value = self.found["public_url"].value
        everywhere = {"127.0.0.1", "0.0.0.0", "::"}  # noqa: S104 compared with, not bound to
        shown = "localhost" if self.host in everywhere else self.host
        return f"http://{shown}:{self.port}" if value is None else str(value).rstrip("/")

    @property
    def key_passphrase(self) -> str | None:
        """What opens the key files; None in a demo, which keeps its own."""
        value = self.found["key_passphrase"].value
        return None if value is None else str(value)

    def environment(self) -> dict[str, str]:
        """The variables that give a child process these same values."""
        values = {name: found.value for name, found in self.found.items()}
        values |= {"data": str(self.data), "public_url": self.public_url}
        return {
            PREFIX + name.upper(): str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in values.items()
            if value is not None and name != "key_passphrase_file"
        }

    def _number(self, name: str) -> int:
        value = self.found[name].value
        assert isinstance(value, int)
        return value


def load(options: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """The settings from options, variables and the file, in that order of weight.

    `options` whose value is None were not given. Raises Malformed naming the setting.
    """
    given = {name: value for name, value in options.items() if value is not None}
    variables = _variables(environment)
    data = given.get("data", variables.get("data", SETTINGS["data"].default))
    file = Path(str(data)) / FILE
    layers: list[tuple[Mapping[str, object], str]] = [
        (given, "option"),
        (variables, "variable"),
        (_file(file), str(file)),
    ]
    found = {}
    for name, setting in SETTINGS.items():
        value, source = next(
            ((layer[name], source) for layer, source in layers if name in layer), (None, "default")
        )
        found[name] = Found(_read(name, setting, value, source), source)
    return _checked(found)


def _variables(environment: Mapping[str, str]) -> dict[str, object]:
    named = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX)
    }
    for name in named:
        if name not in SETTINGS:
            raise Malformed(field=PREFIX + name.upper(), reason="no setting has this name")
    return dict(named)


def _file(path: Path) -> dict[str, object]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Malformed(field=str(path), reason=str(error)) from None
    for name in content:
        if name not in SETTINGS:
            raise Malformed(field=f"{path}: {name}", reason="no setting has this name")
        if not SETTINGS[name].in_file:
            reason = f"belongs in {PREFIX}{name.upper()}, not in the file"
            raise Malformed(field=f"{path}: {name}", reason=reason)
    return content


def _read(name: str, setting: Setting, value: object, source: str) -> Plain | None:
    if value is None:
        return setting.default
    try:
        return setting.read(value)
    except (ValueError, TypeError) as error:
        shown = "its value" if setting.secret else repr(value)[:60]
        reason = f"{shown} ({source}) does not fit: {error or 'another type'}"
        raise Malformed(field=name, reason=reason) from None


def _checked(found: dict[str, Found]) -> Settings:
    production = found["profile"].value == Profile.PRODUCTION
    if found["demo"].value is None:
        found["demo"] = Found(not production, "profile")
    if production and found["demo"].value is True:
        raise Malformed(field="demo", reason="cannot be switched on in production")
    file = found["key_passphrase_file"]
    if file.value is not None and found["key_passphrase"].value is None:
        found["key_passphrase"] = Found(_passphrase(Path(str(file.value))), str(file.value))
    if production and found["key_passphrase"].value is None:
        reason = f"production needs {PREFIX}KEY_PASSPHRASE or {PREFIX}KEY_PASSPHRASE_FILE"
        raise Malformed(field="key_passphrase", reason=reason)
    return Settings(found)


def _passphrase(path: Path) -> str:
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed(field="key_passphrase_file", reason=str(error)) from None
    if not text:
        raise Malformed(field="key_passphrase_file", reason=f"{path} is empty")
    return text
