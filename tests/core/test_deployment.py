"""Which addresses of a service belong together."""

import pytest

from core.deployment import Deployment

DOUBLE = "https://double.example"


@pytest.mark.parametrize("service", ["google", "slack"])
def test_the_real_service_is_not_shown_what_a_double_has_given(service: str) -> None:
    own = Deployment().desk(service)

    desk = Deployment.model_validate({f"{service}_token_url": f"{DOUBLE}/token"}).desk(service)

    assert own.revoke_url
    assert (desk.revoke_url, desk.userinfo_url) == ("", "")


def test_what_was_set_beside_it_is_asked() -> None:
    given = {f"google_{name}_url": f"{DOUBLE}/{name}" for name in ("token", "revoke", "userinfo")}

    desk = Deployment.model_validate(given).desk("google")

    assert (desk.revoke_url, desk.userinfo_url) == (f"{DOUBLE}/revoke", f"{DOUBLE}/userinfo")


def test_behind_a_proxy_of_the_interface_alone_nothing_else_changes() -> None:
    proxied = Deployment(gmail_api_url=DOUBLE)

    assert proxied.desk("google") == Deployment().desk("google")
