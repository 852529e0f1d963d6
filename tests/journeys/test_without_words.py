import pytest

from core.messages import Attachment
from core.replies import Status
from tests.conftest import World, Write

PICTURE = Attachment(name="tent.jpg", media_type="image/jpeg", size=50)


@pytest.mark.parametrize(
    ("subject", "enclosed"),
    [
        ("Alpine Tent 2", ()),
        ("Alpine Tent 2", (PICTURE,)),
        ("How much is the Alpine Tent 2?", (PICTURE,)),
        ("Broken", (PICTURE,)),
    ],
)
def test_what_is_wanted_without_words_waits_for_a_person(
    world: World, write: Write, subject: str, enclosed: tuple[Attachment, ...]
) -> None:
    world.start()
    message = write("", subject=subject)
    world.mailbox.inbox[-1] = message.model_copy(update={"attachments": enclosed})

    world.tick()

    assert world.reply().status is Status.AWAITING_APPROVAL
    assert world.mailbox.sent == []
