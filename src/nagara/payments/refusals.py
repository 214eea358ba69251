"""Why payments says no. Each has its number in spec/codes.md and its sentences in codes.toml."""

from __future__ import annotations

from nagara.kernel.errors import Refusal


class DeviceUnknown(Refusal):
    """The key that signed belongs to no account."""

    code, slug = 3001, "payments.device_unknown"


class DeviceRevoked(Refusal):
    """The key that signed was revoked."""

    code, slug = 3002, "payments.device_revoked"


class NotTheAccountsDevice(Refusal):
    """The key that signed belongs to another account than the one it speaks for."""

    code, slug = 3003, "payments.not_the_accounts_device"


class OrderExpired(Refusal):
    """The order reached us after its own expiry."""

    code, slug = 3004, "payments.order_expired"


class OrderNotYet(Refusal):
    """The order says it was made in the future. Facts: skew_seconds_max."""

    code, slug = 3005, "payments.order_not_yet"


class LifetimeTooLong(Refusal):
    """The signed request would stay valid for too long. Facts: seconds_max."""

    code, slug = 3006, "payments.lifetime_too_long"


class NetworkDiffers(Refusal):
    """The signed request is for another network. Facts: network."""

    code, slug = 3007, "payments.network_differs"


class PayeeUnknown(Refusal):
    """There is no such payee."""

    code, slug = 3008, "payments.payee_unknown"


class PaymentOverLimit(Refusal):
    """The amount is over what one payment of this tier may be. Facts: limit_minor."""

    code, slug = 3009, "payments.payment_over_limit"


class DayOverLimit(Refusal):
    """The payer would spend more in a day than its tier may. Facts: limit_minor, left_minor."""

    code, slug = 3010, "payments.day_over_limit"


class PurposeNotAllowed(Refusal):
    """Cash goes in and out through an agent only."""

    code, slug = 3011, "payments.purpose_not_allowed"


class AddressTaken(Refusal):
    """The handle or phone number already leads to another account. Facts: field."""

    code, slug = 3012, "payments.address_taken"


class ParticipantUnknown(Refusal):
    """There is no such participant."""

    code, slug = 3013, "payments.participant_unknown"


class NotOpenToPublic(Refusal):
    """The participant opens accounts only itself."""

    code, slug = 3014, "payments.not_open_to_public"


class DeviceTaken(Refusal):
    """The key already belongs to an account."""

    code, slug = 3015, "payments.device_taken"


class DevicesTooMany(Refusal):
    """The account has as many active devices as it may. Facts: limit."""

    code, slug = 3016, "payments.devices_too_many"


class CodeOfAnotherNetwork(Refusal):
    """The code is for an account that this network does not reach. Facts: scheme."""

    code, slug = 3017, "payments.code_of_another_network"


class RequestReplayed(Refusal):
    """The signed request was used before."""

    code, slug = 3018, "payments.request_replayed"


class RequestExpired(Refusal):
    """The signed request is past its expiry, or made in the future."""

    code, slug = 3019, "payments.request_expired"


class PhoneUnproved(Refusal):
    """A phone number leads to an account only where an institution has proved whose it is."""

    code, slug = 3022, "payments.phone_unproved"


class ReceiptWrong(Refusal):
    """The receipt does not prove what it tells. Facts: part."""

    code, slug = 3021, "payments.receipt_wrong"


class AccountTaken(Refusal):
    """The account's id is taken on other terms. Facts: field."""

    code, slug = 3020, "payments.account_taken"
