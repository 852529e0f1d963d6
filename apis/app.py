"""The ASGI application."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI
from fastapi.routing import APIRoute

from services.bootstrap import Orchestre

from . import (
    accounts,
    bots,
    connection_health,
    connections,
    docs,
    errors,
    health,
    links,
    messages,
    products,
    providers,
    replies,
    users,
    webhooks,
)
from .health import VERSION
from .limiter import Doorman, Limiter
from .middleware import BodyLimit, Envelope
from .products import IMPORT, IMPORT_BYTES

BODY_BYTES = 1_000_000
SIGN_INS = 10
"""From one address, in a minute."""
KNOCKS = 600
"""At the webhooks, from one address that has never proven itself, in a minute."""
ELSEWHERE = 20
"""Requests that may wait for services elsewhere at a time: half of the threads there are (AnyIO's
default limiter has 40)."""
DESCRIPTION = """
Orchestre watches a business's inboxes, decides which messages a machine may answer, drafts an
answer from product data, and sends it exactly once.

- **Provider**: a service that carries messages, such as a mail server.
- **End-user**: somebody who writes to a business, and gets an answer.
- **Account**: a user's own mailbox or handle at a provider.
- **User**: somebody who signs up here and links accounts, so that end-users are answered.

Every success has the shape `{"ok": "Success", "data": …}`. Everything that goes wrong has one
shape too, as `application/problem+json`: `detail` says what to do next.
"""


def create_app(orchestre: Orchestre) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stopped = threading.Event()
        patrol = threading.Thread(target=orchestre.watchman.patrol, args=(stopped,), name="patrol")
        patrol.start()
        yield
        stopped.set()
        patrol.join()
        orchestre.close()

    app = FastAPI(
        title="Orchestre",
        version=VERSION,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        lifespan=lifespan,
    )
    app.state.orchestre = orchestre
    minute, clock = timedelta(minutes=1), orchestre.clock
    app.state.limiter = Limiter(most=SIGN_INS, window=minute, clock=clock)
    app.state.doorman = Doorman(Limiter(most=KNOCKS, window=minute, clock=clock))
    app.state.elsewhere = asyncio.Semaphore(ELSEWHERE)
    errors.install(app)
    app.add_middleware(BodyLimit, default=BODY_BYTES, longer={IMPORT: IMPORT_BYTES})
    app.add_middleware(Envelope)
    # The health of all connections stands before any one of them, whose id may be any word.
    for part in (
        health,
        users,
        providers,
        accounts,
        links,
        connection_health,
        connections,
        messages,
        bots,
        replies,
        products,
        webhooks,
        docs,
    ):
        app.include_router(part.router)
    return app


def _operation_id(route: APIRoute) -> str:
    """The same from one version to the next: clients are generated from it."""
    return f"{route.tags[0]}-{route.name}" if route.tags else route.name
