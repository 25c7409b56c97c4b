"""The second factor: time-based codes (TOTP, RFC 6238) of an authenticator."""

import hmac

import pyotp

ISSUER = "IOC Console"
STEP_S = 30


def new_secret() -> str:
    """Return a new secret."""
    return pyotp.random_base32()


def address_of(secret: str, name: str) -> str:
    """Return the address (otpauth) that an authenticator takes."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def step_of(secret: str, code: str, at: float, last: int) -> int:
    """Return the time step of a right code, one step early or late at most and later than the last used; else 0.

    `at` is in seconds since 1970.
    """
    for step in (int(at // STEP_S) + shift for shift in (-1, 0, 1)):
        right = pyotp.TOTP(secret).at(step * STEP_S)
        if step > last and hmac.compare_digest(right.encode(), code.encode()):
            return step
    return 0
