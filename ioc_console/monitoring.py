"""Monitoring: whether the hub is well, for whoever asks, and its figures, for whoever bears a fit token."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from ioc_console.hub import Hub
from ioc_console.metrics import CONTENT_TYPE, exposition
from ioc_console.protocol import is_token
from ioc_console.refusals import Refusals

NAME = "metrics"


class Monitoring:
    """Answers `/health` and `/metrics` of one hub; a local bearer's token is made of the start's secret."""

    def __init__(self, hub: Hub, secret: str, refusals: Refusals) -> None:
        self.hub, self.secret, self.refusals = hub, secret, refusals

    async def health(self, request: Request) -> Response:
        """Say whether the hub does its work: 200 where it can store, else 503; no more than that."""
        well = await self.hub.is_well()
        return JSONResponse({"well": well, "sequence": self.hub.seq}, 200 if well else 503)

    async def metrics(self, request: Request) -> Response:
        """Return the figures in Prometheus's text form."""
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not await self.may_measure(word.strip()):
            self.refusals.count(NAME, "gate.token_wrong")
            return PlainTextResponse("", 401, {"WWW-Authenticate": "Bearer"})
        return Response(exposition(self.hub, self.refusals.total), media_type=CONTENT_TYPE)

    async def may_measure(self, word: str) -> bool:
        """Say whether a bearer's token may see the figures."""
        if is_token(word, self.secret, NAME, NAME):
            return True
        token = await self.hub.desks.find(word)
        return token is not None and self.hub.rights.actor(token.account, token.role).can("metrics.see")
