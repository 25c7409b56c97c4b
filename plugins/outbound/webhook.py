"""Webhooks: a letter as signed JSON, posted to a gateway."""

import asyncio
import contextlib
import hashlib
import hmac
import math
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from plugins.outbound.letters import Failed, Letter, Outcome, Sent, receipt_of
from plugins.outbound.settings import Gateway

MOST_ANSWER = 4_096
"""How much of an answer is read, in bytes."""
ANSWER_S = 2.0
"""How long an answer's body is waited for once its status is known, in seconds."""
AGAIN = frozenset({408, 425, 429})
"""Refusals that say nothing of the letter: it may be posted again."""
FAULTS: dict[type[BaseException], str] = {
    ssl.SSLError: "outbound.tls_failed",
    TimeoutError: "outbound.timed_out",
    httpx.TimeoutException: "outbound.timed_out",
    httpx.ConnectError: "outbound.unreachable",
    httpx.ProtocolError: "outbound.garbled",
    httpx.NetworkError: "outbound.broken_off",
}
BROKEN_OFF = "Server disconnected"
"""How the client words a server that hung up instead of answering, which it counts among garbled answers."""


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway gets."""

    id: str
    to: str
    subject: str
    text: str
    language: str
    urgent: bool
    made_at: datetime
    not_after: datetime


def body_of(letter: Letter) -> bytes:
    """Return a letter as JSON."""
    posted = Posted(
        id=letter.id, to=letter.address, subject=letter.subject, text=letter.body, language=letter.language,
        urgent=letter.urgent, made_at=letter.made_at, not_after=letter.not_after,
    )  # fmt: skip
    return msgspec.json.encode(posted)


def signature(key: str, seconds: int, body: bytes) -> str:
    """Return the header that proves who sent a body, and when: HMAC-SHA256 over `SECONDS.BODY`."""
    made = hmac.new(key.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={made.hexdigest()}"


def headers_of(letter: Letter, login: tuple[str, str], body: bytes) -> dict[str, str]:
    """Return the headers under which a letter is posted."""
    name, key = login
    return {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "ioc-console",
        "Idempotency-Key": letter.key,
        "X-IOC-Key": name.encode("ascii", "replace").decode(),
        "X-IOC-Signature": signature(key, int(letter.at.timestamp()), body),
    }


async def post(gateway: Gateway, login: tuple[str, str], context: ssl.SSLContext, letter: Letter) -> Outcome:
    """Post a letter to a gateway; return its receipt, or what went wrong and whether trying again may help."""
    body = body_of(letter)
    client = httpx.AsyncClient(verify=context, follow_redirects=False, timeout=gateway.timeout_s, trust_env=False)
    try:
        async with asyncio.timeout(gateway.timeout_s) as limit, client:
            headers = headers_of(letter, login, body)
            async with client.stream("POST", gateway.url, content=body, headers=headers) as response:
                limit.reschedule(asyncio.get_running_loop().time() + 2 * ANSWER_S)
                answer = await read_some(response)
                return outcome_of(response.status_code, response.headers, answer, letter)
    except (httpx.HTTPError, TimeoutError, OSError) as error:
        return fault_of(error)


async def read_some(response: httpx.Response) -> bytes:
    """Return the beginning of an answer's body, as much as comes in time: the status has decided already."""
    answer = bytearray()
    with contextlib.suppress(httpx.HTTPError, TimeoutError, OSError):
        async with asyncio.timeout(ANSWER_S):
            async for part in response.aiter_raw():
                answer += part
                if len(answer) >= MOST_ANSWER:
                    break
    return bytes(answer[:MOST_ANSWER])


def outcome_of(status: int, headers: Mapping[str, str], answer: bytes, letter: Letter) -> Outcome:
    """Return what an answer means: 2xx a receipt; 429, 5xx and their like try again; other refusals are final."""
    receipt = receipt_of(answer, letter.address)
    if 200 <= status < 300:
        return Sent(receipt)
    again = status in AGAIN or status >= 500 or status < 400
    after = after_s(headers.get("Retry-After", ""), letter.at) if again else 0.0
    return Failed(
        code="outbound.gateway_refused", facts={"status": status}, final=not again, after_s=after, receipt=receipt
    )


def after_s(wish: str, at: datetime) -> float:
    """Return how many seconds a `Retry-After` header asks for, in its form of seconds or of a date; 0 for nonsense."""
    if wish.isascii() and wish.isdigit() and len(wish) < 10:
        return float(wish)
    try:
        moment = parsedate_to_datetime(wish)
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - at).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0


def fault_of(error: BaseException) -> Failed:
    """Return what an error means for the letter."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and len(chain) < 8:
        chain.append(link)
        link = link.__cause__ or link.__context__
    if isinstance(error, httpx.RemoteProtocolError) and BROKEN_OFF in str(error):
        return Failed(code="outbound.broken_off")
    code = next((code for kind, code in FAULTS.items() if any(isinstance(one, kind) for one in chain)), None)
    return Failed(code=code or "outbound.broken_off")
