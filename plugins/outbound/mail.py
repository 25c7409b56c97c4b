"""Mail: a letter as MIME, handed to the site's SMTP server."""

import asyncio
import contextlib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import aiosmtplib

from ioc_console.domain.alarms import Facts
from plugins.outbound.letters import Failed, Letter, Outcome, Sent, one_line, receipt_of
from plugins.outbound.settings import MailServer

QUIT_S = 2.0
FAULTS: dict[type[BaseException], str] = {
    aiosmtplib.SMTPAuthenticationError: "outbound.login_refused",
    ssl.SSLError: "outbound.tls_failed",
    TimeoutError: "outbound.timed_out",
    aiosmtplib.SMTPServerDisconnected: "outbound.broken_off",
    aiosmtplib.SMTPConnectError: "outbound.unreachable",
    OSError: "outbound.broken_off",
}
"""What went wrong, where the server said nothing of the letter itself; the first that fits."""


def mime_of(letter: Letter, server: MailServer) -> EmailMessage:
    """Return a letter as a MIME message in UTF-8; nothing in it can become a header of its own."""
    mime = EmailMessage(policy=SMTP)
    mime["From"] = Address(one_line(server.name), addr_spec=server.sender)
    mime["To"] = Address(addr_spec=letter.address)
    mime["Subject"] = one_line(letter.subject)
    mime["Date"] = letter.at
    mime["Message-ID"] = f"<{letter.key}@{domain_of(server)}>"
    mime["Auto-Submitted"] = "auto-generated"
    if letter.urgent:
        mime["Importance"] = "high"
    mime.set_content(letter.body, charset="utf-8", cte="quoted-printable")
    mime["Content-Language"] = letter.language
    return mime


def domain_of(server: MailServer) -> str:
    """Return the domain that the site's mail comes from."""
    return server.sender.rpartition("@")[2]


async def send_mail(
    server: MailServer, login: tuple[str, str] | None, context: ssl.SSLContext, letter: Letter
) -> Outcome:
    """Hand a letter to the server; return its receipt, or what went wrong and whether trying again may help."""
    name, password = login or (None, None)
    client = aiosmtplib.SMTP(
        hostname=server.host, port=server.port, username=name, password=password, tls_context=context,
        use_tls=server.security == "tls", start_tls=server.security == "starttls", timeout=server.timeout_s,
        local_hostname=domain_of(server),
    )  # fmt: skip
    try:
        async with asyncio.timeout(server.timeout_s):
            await client.connect()
            mime = mime_of(letter, server)
            _, answer = await client.send_message(mime, sender=server.sender, recipients=[letter.address])
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=QUIT_S)
        return Sent(receipt_of(answer, letter.address))
    except (aiosmtplib.SMTPException, OSError) as error:
        return fault_of(error, letter.address)
    finally:
        client.close()


def fault_of(error: BaseException, address: str) -> Failed:
    """Return what an error means for the letter."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return refusal_of(error.recipients[0], address)
    if isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError):
        return refusal_of(error, address)
    chain = [one for one in (error.__cause__, error) if one is not None]
    code = next((code for kind, code in FAULTS.items() if any(isinstance(one, kind) for one in chain)), None)
    if code:
        return Failed(code=code)
    status = getattr(error, "code", None)
    if status is None:  # the library knows no error of its own for a server without STARTTLS or AUTH
        return Failed(code="outbound.mail_unsupported")
    if not 400 <= status < 600:
        return Failed(code="outbound.garbled")
    return Failed(code="outbound.mail_refused", facts={"status": int(status)}, receipt=answer_of(error, address))


def refusal_of(error: Any, address: str) -> Failed:
    """Return what a refusal of the recipient or of the letter itself means: at 500 and above, that it is final."""
    status = int(error.code)
    if not 400 <= status < 600:
        return Failed(code="outbound.garbled")
    facts: Facts = {"status": status}
    receipt = answer_of(error, address)
    return Failed(code="outbound.mail_refused", facts=facts, final=status >= 500, receipt=receipt)


def answer_of(error: Any, address: str) -> str:
    """Return the server's own words, bounded and without the address."""
    return receipt_of(str(getattr(error, "message", "")), address)
