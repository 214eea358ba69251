"""Compiles src/nagara/chain/abci/abci.proto into what `nagara.chain.abci.messages` loads and types.

What it makes is small and committed, so that running a country needs no compiler: a descriptor
(abci.binpb, read at start by protobuf's own C core) and a stub for the type checker. No program is
generated. tests/chain/abci/test_messages.py holds both to the proto file.

Run it after a change of the proto file: python -m spec.make_messages
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from google.protobuf.descriptor_pb2 import FileDescriptorSet

_SOURCE: Final = Path(__file__).parents[1] / "src"
_PROTO: Final = "nagara/chain/abci/abci.proto"
DESCRIPTOR: Final = _SOURCE / "nagara/chain/abci/abci.binpb"
STUB: Final = _SOURCE / "nagara/chain/abci/messages.pyi"
# protoc's stubs allow a dict for a message; ours do not, so that a wrong name is found by mypy.
_OR_DICT: Final = re.compile(r"_Union\[([\w.]+), _Mapping\]|_Mapping\b(?=\])")
_OPENING: Final = """\
# Made from abci.proto by `python -m spec.make_messages`. Do not edit it here.
# ruff: noqa: A002, COM819, E501, F401, I001, ICN001, RUF023, UP007, UP045
# fmt: off
"""


def compiled() -> tuple[bytes, str]:
    """The descriptor of the proto file, and the stub of its messages."""
    with tempfile.TemporaryDirectory(prefix="nagara-messages-") as made:
        folder = Path(made)
        command = [
            sys.executable, "-m", "grpc_tools.protoc", f"-I{_SOURCE}",
            f"--descriptor_set_out={folder / 'set'}", f"--pyi_out={folder}", _PROTO,
        ]  # fmt: skip
        subprocess.run(command, check=True)
        (described,) = FileDescriptorSet.FromString((folder / "set").read_bytes()).file
        stub = (folder / _PROTO).with_name("abci_pb2.pyi").read_text("utf-8")
    return described.SerializeToString(deterministic=True), _OPENING + _OR_DICT.sub(r"\1", stub)


def main() -> None:
    """Write both files."""
    descriptor, stub = compiled()
    DESCRIPTOR.write_bytes(descriptor)
    STUB.write_text(stub, "utf-8")


if __name__ == "__main__":
    main()
