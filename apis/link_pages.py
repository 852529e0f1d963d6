"""What a browser shows at the end of linking: no script, nothing from elsewhere."""

import html

from core.connections import Attempt, Stage

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Orchestre</title>
<style>
body {{ font: 17px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem;
  color: #1c2733; background: #fff; }}
button {{ font: inherit; padding: .5rem 1rem; border-radius: .4rem; border: 1px solid #24476b;
  background: #24476b; color: #fff; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{words}</p>
{more}
</main>
</body>
</html>
"""
FORM = """<form method="post" action="/links/{link_id}/agree">
<button>Link it as well</button>
</form>
<p>Or close this window: then nothing is linked.</p>"""


def refused(words: str) -> str:
    return _page("Nothing was linked", words)


def outcome(attempt: Attempt) -> str:
    name = attempt.account.handle if attempt.account else attempt.provider
    match attempt.stage:
        case Stage.LINKED:
            return _page("Linked", f"{name} is linked. You can close this window.")
        case Stage.HELD:
            form = FORM.format(link_id=html.escape(attempt.id))
            return _page(f"Link {name} as well?", attempt.words, form)
    return refused(attempt.words)


def _page(title: str, words: str, more: str = "") -> str:
    return PAGE.format(title=html.escape(title), words=html.escape(words), more=more)
