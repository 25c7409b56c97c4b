"""People: what they show to be let in at a desk."""

import msgspec


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What a person shows at a desk: a password or a PIN, a code where the role demands one, or an earlier token."""

    name: str = ""
    password: str = ""
    pin: str = ""
    code: str = ""
    token: str = ""

    def __repr__(self) -> str:
        """Say whose it is and nothing else: what is secret stands in no log."""
        return f"Proof({self.name!r})"
