"""What CometBFT asks of an application, in the four groups in which it opens its connections.

The server calls one method at a time, whichever connection it came from, and the next only when the
first has returned: an application needs no lock. It must not wait inside a method, nor call the
node's RPC there: the node waits for the answer, so both would wait for ever.

An exception in any method stops the node: no validator may go on by guessing. `query`, `check_tx`
and the proposals carry what strangers have sent, so an application answers every byte string there
with a code, and keeps exceptions for what cannot be (a broken disk, a broken law).

A node that was killed comes back and asks again: `info`, then whatever had not been committed. So
`finalize_block` may come twice for one height, from this process's point of view, and must begin
from what was committed, not from what it did the first time. Grammar of the calls: CometBFT
v0.38.25, spec/abci/abci++_comet_expected_behavior.md; duties: abci++_app_requirements.md.
"""

from __future__ import annotations

from typing import Protocol

from nagara.chain.abci import messages as m


class InfoQuery(Protocol):
    """The connection that asks and changes nothing."""

    def info(self, request: m.RequestInfo) -> m.ResponseInfo:
        """The height and the app hash of the last commit, exactly; 0 and nothing before the first.

        The node replays what the application has not committed. It stops for good where the
        application is ahead of it, or has another hash.
        """
        ...

    def query(self, request: m.RequestQuery) -> m.ResponseQuery:
        """What is committed, with a proof where `prove` is set; code 0 means found or not found.

        The node asks for `/p2p/filter/addr/...` and `/p2p/filter/id/...` before it admits a peer,
        where its setting `filter_peers` is on: any other code than 0 keeps the peer out.
        """
        ...


class Mempool(Protocol):
    """The connection that decides what may wait for a block."""

    def check_tx(self, request: m.RequestCheckTx) -> m.ResponseCheckTx:
        """Whether a transaction may wait: code 0. NEW when it arrives, RECHECK after a block."""
        ...

    def insert_tx(self, request: m.RequestInsertTx) -> m.ResponseInsertTx:
        """Take a transaction into the application's own mempool (v0.40.0, `mempool.type="app"`)."""
        ...

    def reap_txs(self, request: m.RequestReapTxs) -> m.ResponseReapTxs:
        """Hand out what should be gossiped from the application's own mempool (v0.40.0)."""
        ...


class Consensus(Protocol):
    """The connection on which history is made. Answers are functions of state and block alone."""

    def init_chain(self, request: m.RequestInitChain) -> m.ResponseInitChain:
        """The genesis. Asked again at every start until the first block is committed."""
        ...

    def prepare_proposal(self, request: m.RequestPrepareProposal) -> m.ResponsePrepareProposal:
        """The transactions of a block to propose: at most `max_tx_bytes` together.

        The only answer that may differ between honest nodes, with `extend_vote`.
        """
        ...

    def process_proposal(self, request: m.RequestProcessProposal) -> m.ResponseProcessProposal:
        """Whether a proposed block may be voted for. Many may be asked for one height."""
        ...

    def extend_vote(self, request: m.RequestExtendVote) -> m.ResponseExtendVote:
        """Bytes to sign along with a vote, where the chain's parameters want them."""
        ...

    def verify_vote_extension(
        self, request: m.RequestVerifyVoteExtension
    ) -> m.ResponseVerifyVoteExtension:
        """Whether another validator's extension may count. Of an honest one it always does."""
        ...

    def finalize_block(self, request: m.RequestFinalizeBlock) -> m.ResponseFinalizeBlock:
        """Carry out a decided block in memory: one result for each transaction, and the app hash.

        Nothing may be kept on disk before `commit`. The hash stands in the header of the next
        block; changes of validators count from the block after the next.
        """
        ...

    def commit(self, request: m.RequestCommit) -> m.ResponseCommit:
        """Keep what `finalize_block` made; returned only when the disk has it.

        `retain_height` above 0 allows the node to forget the blocks below it.
        """
        ...


class Snapshots(Protocol):
    """The connection by which a node that joins gets the state without replaying all blocks."""

    def list_snapshots(self, request: m.RequestListSnapshots) -> m.ResponseListSnapshots:
        """The snapshots that this node can give away."""
        ...

    def offer_snapshot(self, request: m.RequestOfferSnapshot) -> m.ResponseOfferSnapshot:
        """Whether to build the state from this snapshot. Only `app_hash` in it is verified."""
        ...

    def load_snapshot_chunk(
        self, request: m.RequestLoadSnapshotChunk
    ) -> m.ResponseLoadSnapshotChunk:
        """One piece of a snapshot, below 16 MB; empty where there is none."""
        ...

    def apply_snapshot_chunk(
        self, request: m.RequestApplySnapshotChunk
    ) -> m.ResponseApplySnapshotChunk:
        """Take a piece of the snapshot that was accepted; it comes from a stranger."""
        ...


class Application(InfoQuery, Mempool, Consensus, Snapshots, Protocol):
    """All of it."""


class NoOwnMempool:
    """Leaves the waiting transactions to the node."""

    def insert_tx(self, request: m.RequestInsertTx) -> m.ResponseInsertTx:
        """Refused: a node that asks is set up wrongly, and its transactions must not vanish."""
        return m.ResponseInsertTx(code=1)

    def reap_txs(self, request: m.RequestReapTxs) -> m.ResponseReapTxs:
        """None."""
        return m.ResponseReapTxs()


class NoVoteExtensions:
    """Extends no vote, and lets nobody else's extended vote count."""

    def extend_vote(self, request: m.RequestExtendVote) -> m.ResponseExtendVote:
        """Empty."""
        return m.ResponseExtendVote()

    def verify_vote_extension(
        self, request: m.RequestVerifyVoteExtension
    ) -> m.ResponseVerifyVoteExtension:
        """Accepted where it is empty, as honest ones are."""
        answer = m.ResponseVerifyVoteExtension
        status = answer.REJECT if request.vote_extension else answer.ACCEPT
        return answer(status=status)


class NoSnapshots:
    """Gives no snapshot away and takes none."""

    def list_snapshots(self, request: m.RequestListSnapshots) -> m.ResponseListSnapshots:
        """None."""
        return m.ResponseListSnapshots()

    def offer_snapshot(self, request: m.RequestOfferSnapshot) -> m.ResponseOfferSnapshot:
        """None is wanted: the node is to replay all blocks."""
        return m.ResponseOfferSnapshot(result=m.ResponseOfferSnapshot.ABORT)

    def load_snapshot_chunk(
        self, request: m.RequestLoadSnapshotChunk
    ) -> m.ResponseLoadSnapshotChunk:
        """Empty."""
        return m.ResponseLoadSnapshotChunk()

    def apply_snapshot_chunk(
        self, request: m.RequestApplySnapshotChunk
    ) -> m.ResponseApplySnapshotChunk:
        """None was accepted."""
        return m.ResponseApplySnapshotChunk(result=m.ResponseApplySnapshotChunk.ABORT)
