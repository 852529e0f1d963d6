"""Where services tell of news. Each proves itself before a byte of what it says is understood."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import PlainTextResponse

from .answers import PROBLEMS, Id
from .deps import App, admitted, known

BODY_BYTES = 262_144
"""No service sends more at once; Telegram's longest updates take a fifth of it."""

router = APIRouter(
    prefix="/webhooks", tags=["webhooks"], responses=PROBLEMS, dependencies=[Depends(admitted)]
)


async def _raw(request: Request) -> bytes:
    """The body as it came, which is what services sign; never more of it than is taken."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            raise HTTPException(413, f"The body may have at most {BODY_BYTES:,} bytes.")
    return body


Raw = Annotated[bytes, Depends(_raw)]


@router.post("/{provider}", response_class=PlainTextResponse)
def notify(app: App, request: Request, provider: Id, body: Raw) -> str:
    """What a service has to tell one or several accounts, at an address that all of them share."""
    return _receive(app, request, provider, body)


@router.post("/{provider}/{watch_id}", response_class=PlainTextResponse)
def notify_one(app: App, request: Request, provider: Id, watch_id: Id, body: Raw) -> str:
    """What a service has to tell one account, at an address of its own."""
    return _receive(app, request, provider, body, watch_id)


def _receive(app: App, request: Request, provider: str, body: bytes, watch_id: str = "") -> str:
    heard = app.push.receive(
        provider,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(request.query_params),
        body=body,
        watch_id=watch_id,
    )
    if heard.proven:
        known(request)
    return heard.answer
