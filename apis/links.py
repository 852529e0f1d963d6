"""Linking by consent: out to the service, and back again in the same browser.

A browser that follows a redirect carries no bearer token. It is known by a cookie instead, which
it got when somebody who is signed in set out; no other browser's return is taken.
"""

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from core.connections import Access, Attempt, Stage
from core.errors import NotAllowed, OrchestreError
from services.bootstrap import Orchestre
from services.consent import Start
from services.offers import Permission
from services.redirects import with_outcome

from . import link_pages
from .answers import PROBLEMS, Id, Line, Success
from .deps import App, CurrentSession, elsewhere, limited

router = APIRouter(tags=["links"], responses=PROBLEMS)

Provider = Annotated[Line, Query(alias="provider_name", description="As in `gmail`.")]
Where = Annotated[str, Query(max_length=2000, description="Where the browser goes in the end.")]
Back = Annotated[str, Query(max_length=4000)]
OURS = frozenset({"", "none", "same-origin"})


class LinkStart(BaseModel):
    link_id: str
    url: str
    """Open it in this browser."""
    asks: tuple[Permission, ...]
    """What the service will ask the owner of the account for."""
    expires_in: int
    """Seconds."""

    @classmethod
    def of(cls, start: Start) -> Self:
        return cls(**start.model_dump(exclude={"browser"}))


class Link(BaseModel):
    link_id: str
    provider: str
    access: Access
    stage: Stage
    words: str
    """What became of it, and what to do."""
    account: str
    connection_id: str

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        return cls(
            link_id=attempt.id,
            provider=attempt.provider,
            access=attempt.access,
            stage=attempt.stage,
            words=attempt.words,
            account=attempt.account.handle if attempt.account else "",
            connection_id=attempt.connection_id,
        )


@router.post(
    "/providers/link_social_provider", dependencies=[Depends(limited)], include_in_schema=False
)
@router.post("/providers/link_provider", dependencies=[Depends(limited)])
def start_link(
    app: App,
    session: CurrentSession,
    response: Response,
    provider: Provider,
    redirect_url: Where = "",
    access: Access | None = None,
) -> Success[LinkStart]:
    """Set out to link an account: where its owner is asked, and what for.

    The answer sets a cookie. Only the browser that has it can come back.
    """
    start = _begin(app, session, provider, redirect_url, access)
    _remember(app, response, start)
    return Success(data=LinkStart.of(start))


@router.get(
    "/providers/link_social_provider",
    status_code=307,
    dependencies=[Depends(limited)],
    include_in_schema=False,
)
@router.get("/providers/link_provider", status_code=307, dependencies=[Depends(limited)])
def link_provider(
    app: App,
    session: CurrentSession,
    provider: Provider,
    redirect_url: Where = "",
    access: Access | None = None,
) -> RedirectResponse:
    """The same for clients that follow redirects, and keep cookies."""
    start = _begin(app, session, provider, redirect_url, access)
    response = RedirectResponse(start.url, 307)
    _remember(app, response, start)
    return response


@router.get(
    "/providers/{callback}_auth", dependencies=[Depends(elsewhere)], include_in_schema=False
)
def finish_link(
    callback: Id,
    app: App,
    request: Request,
    state: Back = "",
    code: Back = "",
    error: Back = "",
    iss: Back = "",
) -> Response:
    """Where services send browsers back to."""
    link_id = app.consents.link_id(state)
    try:
        attempt = app.consents.finish(
            callback,
            state=state,
            browser=_browser(app, request, link_id),
            code=code,
            error=error,
            issuer=iss,
        )
    except OrchestreError as trouble:
        return _page(link_pages.refused(str(trouble)), trouble.status)
    return _outcome(app, attempt)


@router.get("/links/{link_id}/open", include_in_schema=False)
def open_link(link_id: Id, app: App, ticket: Back = "") -> Response:
    """Where the command line sends its user's browser first."""
    try:
        start = app.consents.enter(link_id, ticket)
    except OrchestreError as trouble:
        return _page(link_pages.refused(str(trouble)), trouble.status)
    response = RedirectResponse(start.url, 303)
    _remember(app, response, start)
    return response


@router.post("/links/{link_id}/agree", include_in_schema=False)
def agree(link_id: Id, app: App, request: Request) -> Response:
    """What the page asks for whose account somebody else here has linked."""
    try:
        if request.headers.get("Sec-Fetch-Site", "") not in OURS:
            raise NotAllowed("Another site asked for this. Nothing was linked.")
        attempt = app.consents.confirm_in_browser(link_id, _browser(app, request, link_id))
    except OrchestreError as trouble:
        return _page(link_pages.refused(str(trouble)), trouble.status)
    return _outcome(app, attempt)


@router.get("/links")
def list_links(app: App, session: CurrentSession) -> Success[list[Link]]:
    """The attempts of the last day, and the permissions that could not be taken back."""
    return Success(data=[Link.of(one) for one in app.consents.list(by=session.owner_id)])


@router.get("/links/{link_id}")
def get_link(link_id: Id, app: App, session: CurrentSession) -> Success[Link]:
    return Success(data=Link.of(app.consents.get(link_id, by=session.owner_id)))


@router.post("/links/{link_id}/confirm")
def confirm_link(link_id: Id, app: App, session: CurrentSession) -> Success[Link]:
    """Link an account although somebody else here has linked it as well. Theirs stays."""
    return Success(data=Link.of(app.consents.confirm(link_id, by=session.owner_id)))


def _begin(
    app: Orchestre, session: CurrentSession, provider: str, redirect_url: str, access: Access | None
) -> Start:
    return app.consents.begin(
        provider,
        by=session.owner_id,
        session=session.id,
        redirect_url=redirect_url,
        access=access,
    )


def _cookie(app: Orchestre, link_id: str) -> str:
    """One for each attempt, so that two tabs do not take each other's."""
    prefix = "__Host-" if _is_secure(app) else ""
    return f"{prefix}orchestre-link-{link_id[:16]}"


def _is_secure(app: Orchestre) -> bool:
    return app.settings.public().startswith("https:")


def _remember(app: Orchestre, response: Response, start: Start) -> None:
    same_site: Literal["lax"] = "lax"  # sent along when the service sends the browser back
    response.set_cookie(
        _cookie(app, start.link_id),
        start.browser.get_secret_value(),
        max_age=start.expires_in,
        path="/",
        secure=_is_secure(app),
        httponly=True,
        samesite=same_site,
    )


def _browser(app: Orchestre, request: Request, link_id: str) -> str:
    return request.cookies.get(_cookie(app, link_id), "")


def _outcome(app: Orchestre, attempt: Attempt) -> Response:
    """Where whoever set out wanted to go; else a page that says what became of it."""
    response: Response
    if attempt.redirect_url:
        response = RedirectResponse(
            with_outcome(
                attempt.redirect_url,
                provider=attempt.named,
                link_id=attempt.id,
                connection_id=attempt.connection_id,
                outcome=attempt.stage.value,
            ),
            303,
        )
    else:
        status = 422 if attempt.stage is Stage.FAILED else 200
        response = _page(link_pages.outcome(attempt), status)
    if attempt.stage is not Stage.HELD:
        name = _cookie(app, attempt.id)
        response.delete_cookie(name, path="/", secure=_is_secure(app), httponly=True)
    return response


def _page(text: str, status: int) -> HTMLResponse:
    return HTMLResponse(text, status, {"Content-Security-Policy": link_pages.POLICY})
