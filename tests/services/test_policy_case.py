"""What a deployment may decide about the gate."""

from pathlib import Path

from core.config import Settings
from services.policy import PolicySettings
from tests.conftest import World


def test_a_deployment_that_decides_nothing_is_careful() -> None:
    assert PolicySettings.chosen(Settings.model_validate({})) == PolicySettings()


def test_whatever_a_deployment_decides_reaches_the_gate(tmp_path: Path) -> None:
    decided = Settings.model_validate(
        {
            "home": tmp_path,
            "recipient_delimiter": "-",
            "max_recipients": 3,
            "max_scl": 7,
            "answer_copies": True,
            "answer_contact_forms": True,
            "answer_postmaster": True,
            "answer_calendar": True,
            "answer_thanks": True,
            "answer_campaigns": True,
            "authserv_ids": "mx1.example, mx2.example",
        }
    )

    chosen = PolicySettings.chosen(decided)

    assert chosen.authserv_ids == {"mx1.example", "mx2.example"}
    left_alone = {
        name
        for name, value in chosen.model_dump().items()
        if value == PolicySettings().model_dump()[name]
    }
    assert left_alone == {"max_received"}


def test_the_running_system_judges_by_it(world: World) -> None:
    assert world.app.replies._parts.policy == PolicySettings.chosen(world.settings)
    assert world.app.replies._parts.pace == world.settings.pace()
