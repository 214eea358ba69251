"""Keys: who signed this, and signing for the country. The only room that knows a crypto library.

Algorithms are Ed25519 (JOSE name EdDSA) and ES256, no others. Private keys stay behind Signer,
whose shape fits a PKCS#11 token as well as a file.
Not here: whose key it is (payments, identity), and what a signed payload means.
"""

from nagara.keys.bundle import TrustBundle
from nagara.keys.claims import AccessClaims, ClientAssertion, check_client_assertion
from nagara.keys.code_folder import CodeFolder
from nagara.keys.embedded import (
    CompactSigner,
    Embedded,
    EmbeddedKeyVerifier,
    embedded_jws,
)
from nagara.keys.jws import Header, parse_object, sign_jws, verify_jws
from nagara.keys.model import KeyRecord, KeyState, Purpose, Signer
from nagara.keys.one_time import OneTimeCode, new_one_time_code, redeem_one_time_code
from nagara.keys.primitives import (
    base64url,
    base64url_decode,
    equal_in_constant_time,
    random_bytes,
    sha256,
)
from nagara.keys.public import Algorithm, PublicKey
from nagara.keys.service import KeyStore
from nagara.keys.signers import new_signer
from nagara.keys.store import ScryptCost
from nagara.keys.tokens import (
    issue_access_token,
    unproved_client,
    verify_access_token,
    verify_client_assertion,
)

__all__ = [
    "AccessClaims",
    "Algorithm",
    "ClientAssertion",
    "CodeFolder",
    "CompactSigner",
    "Embedded",
    "EmbeddedKeyVerifier",
    "Header",
    "KeyRecord",
    "KeyState",
    "KeyStore",
    "OneTimeCode",
    "PublicKey",
    "Purpose",
    "ScryptCost",
    "Signer",
    "TrustBundle",
    "base64url",
    "base64url_decode",
    "check_client_assertion",
    "embedded_jws",
    "equal_in_constant_time",
    "issue_access_token",
    "new_one_time_code",
    "new_signer",
    "parse_object",
    "random_bytes",
    "redeem_one_time_code",
    "sha256",
    "sign_jws",
    "unproved_client",
    "verify_access_token",
    "verify_client_assertion",
    "verify_jws",
]
