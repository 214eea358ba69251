"""How a scheme lays out the payee's identifiers in an EMVCo merchant account template (26 to 51).

A scheme is a table: which template, under which globally unique identifier, and which name of
ours each data object bears. What a table does not name is kept under its tag, and written back.
Spec: EMV QRCPS Merchant-Presented Mode v1.1, section 4.6; spec/qr.md, section 4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nagara.payments.qr import emvco
from nagara.payments.qr.forms import Form
from nagara.payments.qr.model import Field, Scheme
from nagara.payments.qr.refusals import FieldMissing, FieldUnknown, FieldWrong

GUI: Final = "00"
_PATH: Final = re.compile(r"[0-9]{2}(\.[0-9]{2})?")


@dataclass(frozen=True, slots=True)
class Slot:
    """One data object: our name, its tag (or `tag.tag` inside a template), its form.

    `written` is what a writer puts there who says nothing; a reader never assumes it.
    """

    name: str
    path: str
    form: Form
    required: bool = True
    written: str | None = None


@dataclass(frozen=True, slots=True)
class AccountForm:
    """One layout of a scheme, written in template `tag`.

    Without `gui`, tag 00 is the first identifier. `holders` are the tags inside which the slots
    of two tags stand.
    """

    scheme: Scheme
    tag: str
    gui: str | None
    slots: tuple[Slot, ...]
    holders: frozenset[str] = frozenset()

    def missing(self, template: Field) -> str | None:
        """The path of a required data object which the template lacks."""
        found = self._values(template)
        for slot in self.slots:
            if slot.required and not found.get(slot.path):
                return f"{template.tag}.{slot.path}"
        return None

    def read(self, template: Field) -> dict[str, str]:
        """Identifiers by name; data objects without a name by their path. Raises FieldWrong."""
        found = self._values(template)
        identifiers = {}
        for slot in self.slots:
            if value := found.pop(slot.path, ""):
                identifiers[slot.name] = slot.form.require(f"{template.tag}.{slot.path}", value)
        identifiers.update((path, value) for path, value in found.items() if value)
        return identifiers

    def write(self, identifiers: Mapping[str, str]) -> Field:
        """The template of these identifiers. Raises FieldMissing, FieldWrong, FieldUnknown."""
        rest = dict(identifiers)
        values: dict[str, str] = {} if self.gui is None else {GUI: self.gui}
        for slot in self.slots:
            if slot.name in rest:
                values[slot.path] = slot.form.require(slot.name, rest.pop(slot.name))
            elif slot.required:
                raise FieldMissing(field=slot.name)
        for path, value in rest.items():
            inner = path[:2] in self.holders
            if not _PATH.fullmatch(path) or path in values or inner != ("." in path) or not value:
                raise FieldUnknown(field=path[:32], scheme=self.scheme)
            values[path] = value
        return emvco.template(self.tag, self._assembled(values))

    def _values(self, template: Field) -> dict[str, str]:
        values: dict[str, str] = {}
        for field in template.fields:
            if field.tag in self.holders:
                if not field.fields:
                    raise FieldWrong(field=f"{template.tag}.{field.tag}", form="TLV")
                values.update((f"{field.tag}.{sub.tag}", sub.value) for sub in field.fields)
            elif self.gui is None or field.tag != GUI:
                values[field.tag] = field.value
        return values

    def _assembled(self, values: Mapping[str, str]) -> list[Field]:
        groups: dict[str, list[Field]] = {}
        plain = []
        for path in sorted(values):
            outer, _, inner = path.partition(".")
            if inner:
                groups.setdefault(outer, []).append(Field(inner, values[path]))
            else:
                plain.append(Field(outer, values[path]))
        held = [emvco.template(outer, inside) for outer, inside in groups.items()]
        return sorted(plain + held, key=lambda field: field.tag)
