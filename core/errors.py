"""What went wrong, and what the caller should do next.

OrchestreError
├── NotFound                   it is not there, or it is not yours            404
├── NotSignedIn                say who you are                                401
├── NotAllowed                 ask whoever runs this to do it                 403
├── Invalid                    correct what you asked for                     422
├── Conflict                   it cannot be done to the record as it is now   409
│   ├── InvalidMove            the life-cycle does not allow this step
│   ├── Stale                  somebody else changed the record first
│   ├── AlreadyThere           there is one by that name
│   └── Exhausted              a budget is used up                            429
├── NotSupported               this provider has no such ability              501
├── Unavailable                try again later: nothing was done              503
├── ReauthorizationRequired    link the account again: nothing was done       424
└── Refused                    give up: nothing was done, nor will be         422

The last three are a promise. Any *other* exception from a call that sends
something means that nobody knows whether it was sent.
"""

from typing import ClassVar


class OrchestreError(Exception):
    """Something went wrong in a way that the application understands."""

    status: ClassVar[int] = 500

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").partition("\n")[0])


class NotFound(OrchestreError):
    """There is nothing here by that name."""

    status = 404


class NotSignedIn(OrchestreError):
    """Sign in first."""

    status = 401


class NotAllowed(OrchestreError):
    """Only whoever runs this machine may do that."""

    status = 403


class Invalid(OrchestreError):
    """That makes no sense as it stands."""

    status = 422


class Conflict(OrchestreError):
    """This cannot be done now."""

    status = 409


class InvalidMove(Conflict):
    """The reply has moved on."""


class Stale(Conflict):
    """Somebody else changed this first."""


class AlreadyThere(Conflict):
    """There is one by that name already."""


class Exhausted(Conflict):
    """A cap is used up."""

    status = 429

    def __init__(self, message: str | None = None, *, budget: str = "") -> None:
        super().__init__(message)
        self.budget = budget


class NotSupported(OrchestreError):
    """This provider cannot do that."""

    status = 501


class Unavailable(OrchestreError):
    """The service cannot answer now; try again later."""

    status = 503

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ReauthorizationRequired(OrchestreError):
    """The account must be linked again."""

    status = 424


class Refused(OrchestreError):
    """The service refused this for good."""

    status = 422
