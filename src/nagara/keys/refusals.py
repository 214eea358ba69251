"""What the keys room refuses, and what can break in it. Sentences for people: codes.toml.

No fact ever holds a key, a passphrase, a code or a whole token.
"""

from __future__ import annotations

from nagara.kernel.errors import Fault, Refusal


class TokenMalformed(Refusal):
    """A token is not three parts of canonical base64url and strict JSON. Facts: reason."""

    code, slug = 4001, "keys.token_malformed"


class AlgorithmRefused(Refusal):
    """The algorithm is not one of ours; `none` never is. Facts: algorithm."""

    code, slug = 4002, "keys.algorithm_refused"


class HeaderRefused(Refusal):
    """The protected header has a member that is not expected here. Facts: member."""

    code, slug = 4003, "keys.header_refused"


class TypeWrong(Refusal):
    """The token was signed for another use (RFC 8725 section 3.11). Facts: expected."""

    code, slug = 4004, "keys.type_wrong"


class KeyMismatch(Refusal):
    """The key is not of the kind that the algorithm needs. Facts: algorithm."""

    code, slug = 4005, "keys.key_mismatch"


class SignatureWrong(Refusal):
    """The signature does not belong to this key and these bytes."""

    code, slug = 4006, "keys.signature_wrong"


class KeyMalformed(Refusal):
    """A public key is not a valid JWK of a kind that we take. Facts: reason."""

    code, slug = 4007, "keys.key_malformed"


class KeyUnknown(Refusal):
    """Nobody here has a key of that name. Facts: kid."""

    code, slug = 4008, "keys.key_unknown"


class KeyRetired(Refusal):
    """The key was not in use at the instant of the signature. Facts: kid."""

    code, slug = 4009, "keys.key_retired"


class AssertionRefused(Refusal):
    """A client assertion says something it may not (RFC 7523 section 3). Facts: claim, reason."""

    code, slug = 4010, "keys.assertion_refused"


class AssertionReplayed(Refusal):
    """A client assertion was used before (RFC 7523 section 3, point 7)."""

    code, slug = 4011, "keys.assertion_replayed"


class AccessTokenRefused(Refusal):
    """An access token was not meant for this place (RFC 9068 section 4). Facts: claim, reason."""

    code, slug = 4012, "keys.access_token_refused"


class AccessTokenExpired(Refusal):
    """An access token is past its end."""

    code, slug = 4013, "keys.access_token_expired"


class RotationPending(Refusal):
    """A new key waits for its start; another rotation before that would skip it. Facts: kid."""

    code, slug = 4014, "keys.rotation_pending"


class PassphraseWrong(Refusal):
    """The passphrase does not open this folder. Facts: folder."""

    code, slug = 4015, "keys.passphrase_wrong"


class StoreExposed(Refusal):
    """Other users of the machine may read the key folder or a file in it. Facts: file."""

    code, slug = 4016, "keys.store_exposed"


class OneTimeCodeWrong(Refusal):
    """The one-time code is wrong, too old or used already; which of them is not said."""

    code, slug = 4017, "keys.one_time_code_wrong"


class StoreDamaged(Fault):
    """A file of the key folder is torn, missing or changed by a stranger. Facts: file, reason."""

    code, slug = 4101, "keys.store_damaged"


class StoreUnavailable(Fault):
    """The key folder cannot be read or written now. Facts: reason."""

    code, slug = 4102, "keys.store_unavailable"
