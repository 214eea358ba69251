"""ABCI 2.0: an application of ours behind CometBFT's socket.

The door: what an application must answer, the messages (`messages`), and `serve`. Blocks, votes and
peers are CometBFT's; what a transaction means is the application's. Nothing of either is here.
Spec: spec/chain.md, section ABCI.
"""

from nagara.chain.abci.address import AddressTaken
from nagara.chain.abci.answers import ApplicationBroken
from nagara.chain.abci.application import (
    Application,
    Consensus,
    InfoQuery,
    Mempool,
    NoOwnMempool,
    NoSnapshots,
    NoVoteExtensions,
    Snapshots,
)
from nagara.chain.abci.connection import Limits
from nagara.chain.abci.server import Server, listening, serve

__all__ = [
    "AddressTaken",
    "Application",
    "ApplicationBroken",
    "Consensus",
    "InfoQuery",
    "Limits",
    "Mempool",
    "NoOwnMempool",
    "NoSnapshots",
    "NoVoteExtensions",
    "Server",
    "Snapshots",
    "listening",
    "serve",
]
