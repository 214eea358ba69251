"""The messages: what is committed is what the proto file says, and the numbers are CometBFT's."""

from __future__ import annotations

import pytest

from nagara.chain.abci import Application
from nagara.chain.abci import messages as m
from spec.make_messages import DESCRIPTOR, STUB, compiled

# Field numbers of both envelopes, CometBFT v0.38.25 (and the last two v0.40.0),
# proto/tendermint/abci/types.proto.
NUMBERS = {
    "echo": (1, 2),
    "flush": (2, 3),
    "info": (3, 4),
    "init_chain": (5, 6),
    "query": (6, 7),
    "check_tx": (8, 9),
    "commit": (11, 12),
    "list_snapshots": (12, 13),
    "offer_snapshot": (13, 14),
    "load_snapshot_chunk": (14, 15),
    "apply_snapshot_chunk": (15, 16),
    "prepare_proposal": (16, 17),
    "process_proposal": (17, 18),
    "extend_vote": (18, 19),
    "verify_vote_extension": (19, 20),
    "finalize_block": (20, 21),
    "insert_tx": (21, 22),
    "reap_txs": (22, 23),
}


def test_what_is_committed_was_made_from_the_proto_file() -> None:
    descriptor, stub = compiled()
    hint = "run: python -m spec.make_messages"
    assert DESCRIPTOR.read_bytes() == descriptor, hint
    assert STUB.read_text("utf-8") == stub, hint


def test_both_envelopes_have_the_numbers_of_cometbft() -> None:
    asked = {field.name: field.number for field in m.Request.DESCRIPTOR.fields}
    told = {field.name: field.number for field in m.Response.DESCRIPTOR.fields}
    assert asked == {name: numbers[0] for name, numbers in NUMBERS.items()}
    assert told == {name: numbers[1] for name, numbers in NUMBERS.items()} | {"exception": 1}


@pytest.mark.parametrize("name", sorted(NUMBERS.keys() - {"echo", "flush"}))
def test_an_application_has_a_method_for_every_request_of_the_node(name: str) -> None:
    assert callable(getattr(Application, name))
