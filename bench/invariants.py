"""Breaks each invariant by one line, and sees a test go red: `make invariants`.

Every mutation is made in a copy of the repository. One that no test notices is a promise that
nobody keeps; the run then fails. Prints a line for each, and one JSON object at the end.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
COPIED = ("apis", "core", "db", "products", "providers", "services", "workers", "tests")


class Mutation(NamedTuple):
    invariant: int
    file: str
    line: str
    broken: str
    tests: str
    """Where the test that must notice it is looked for: a file, or a file and a name."""


REPLY = "tests/journeys/test_auto_reply.py"
INBOX = "tests/journeys/test_approval_inbox.py"
CAPS = "tests/journeys/test_caps.py"

MUTATIONS = (
    Mutation(
        1,
        "services/replies/receiving.py",
        'return str(uuid5(NAMESPACE, f"{connection_id}/{message_id}"))',
        "return str(__import__('uuid').uuid4())",
        REPLY,
    ),
    Mutation(
        1,
        "services/replies/writing.py",
        "first = () if before.message else (self._mark(reply, message, connection),)",
        "first: tuple[Change, ...] = ()",
        REPLY,
    ),
    Mutation(
        1,
        "services/claims.py",
        "if any(other.record_id == record_id for other in self._steps.values()):",
        "if False:",
        "tests/journeys/test_crash_points.py",
    ),
    Mutation(
        2,
        "services/inbox.py",
        "self._store.commit(*changes, Swap(feed, moved))",
        "self._store.commit(*changes); self._store.commit(Swap(feed, moved))",
        REPLY,
    ),
    Mutation(
        2,
        "db/commits.py",
        "if _touched(cursor, step) < len(step.values) and step.refusal:",
        "touched = _touched(cursor, step); cursor.execute('COMMIT'); "
        "cursor.execute('BEGIN IMMEDIATE')\n"
        "            if touched < len(step.values) and step.refusal:",
        "tests/db/test_sql.py",
    ),
    Mutation(
        3,
        "services/replies/moves.py",
        "changes: list[Change] = [Swap(old, new), *told]",
        "changes: list[Change] = [Swap(old, new)]",
        REPLY,
    ),
    Mutation(
        3,
        "db/statements.py",
        'return table.c.id == _given("old_id"), table.c.version == _given("old_version")',
        'return (table.c.id == _given("old_id"),)',
        "tests/db/test_sql.py",
    ),
    Mutation(
        4,
        "services/bots.py",
        "cursor = provider.cursor_at(now - timedelta(hours=since_hours))",
        "cursor = provider.cursor_at(now - timedelta(days=30))",
        REPLY,
    ),
    Mutation(4, "services/replies/sending.py", "changes.append(Expect(bot))", "pass", REPLY),
    Mutation(
        4,
        "services/replies/sending.py",
        "if not bot.sends_by_itself():\n            return reply.hold",
        "if False:\n            return reply.hold",
        REPLY,
    ),
    Mutation(
        5,
        "services/replies/sweeping.py",
        "if self._parts.claims.is_abandoned(reply.id, holder=reply.holder):",
        "if reply.due_at and reply.due_at <= self._clock():",
        REPLY,
    ),
    Mutation(
        5,
        "services/replies/reconciling.py",
        "PROVEN_ABSENT = 2",
        "PROVEN_ABSENT = 1",
        REPLY,
    ),
    Mutation(5, "services/replies/sending.py", "self._stand_firm(intending)", "pass", REPLY),
    Mutation(
        5,
        "services/replies/sending.py",
        "self._parts.restorations.note(sending)",
        "pass",
        "tests/journeys/test_restored.py",
    ),
    Mutation(
        5,
        "db/locked_files.py",
        "fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "pass",
        "tests/db/test_owners.py",
    ),
    Mutation(
        3,
        "db/migrations/versions/m0005_anchors.py",
        'KEPT = ("events", "anchors")',
        'KEPT = ("anchors",)',
        "tests/services/test_audit.py",
    ),
    Mutation(
        5,
        "core/replies.py",
        "SENDING_LEASE = timedelta(minutes=15)",
        "SENDING_LEASE = timedelta(minutes=5)",
        "tests/workers/test_app.py",
    ),
    Mutation(
        6,
        "services/replies/writing.py",
        "outgoing = self._build(reply, message, draft.body, connection=connection)",
        "outgoing = self._build(reply, message.model_copy(update={'envelope': "
        "message.envelope.model_copy(update={'sender': message.to[-1]})}), draft.body, "
        "connection=connection)",
        REPLY,
    ),
    Mutation(
        6,
        "services/replies/sending.py",
        "if outgoing is None or outgoing.digest() != reply.digest:",
        "if outgoing is None:",
        REPLY,
    ),
    Mutation(
        7,
        "services/replies/receiving.py",
        "if veto := judge(envelope, me=connection.me, settings=self._parts.policy):",
        "if (veto := judge(envelope, me=connection.me)) and not veto.rule:",
        REPLY,
    ),
    Mutation(
        7,
        "services/pacing.py",
        "if sum(one.points for one in together) + points > pace.per_thread:",
        "if False:",
        "tests/journeys/test_pace.py",
    ),
    Mutation(
        7,
        "services/replies/writing.py",
        "if veto and not (veto.rule == UNREADABLE and message.problem):",
        "if False:",
        REPLY,
    ),
    Mutation(
        7,
        "services/caps.py",
        "limit=None if reply.approved_by else limit",
        "limit=None",
        CAPS,
    ),
    Mutation(
        7,
        "services/replies/writing.py",
        "if behind := self._stand_back(reply):",
        "if behind := None:",
        REPLY,
    ),
    Mutation(
        8,
        "db/statements.py",
        "query = query.where(table.c.owner_id == _given(SCOPE))",
        "pass",
        "tests/db/test_sql.py",
    ),
    Mutation(
        8,
        "db/scope.py",
        "if owner_id is not None and owner_of(change) != owner_id:",
        "if False:",
        "tests/db/test_memory.py",
    ),
    Mutation(
        8,
        "services/replies/people.py",
        "return self._parts.database.for_owner(by)",
        "return self._store",
        INBOX,
    ),
)


def caught_by(mutation: Mutation, copy: Path) -> str:
    """The first test that notices, or nothing."""
    file = copy / mutation.file
    original = file.read_text()
    if original.count(mutation.line) < 1:
        raise SystemExit(f"{mutation.file} has no line {mutation.line!r} any more.")
    file.write_text(original.replace(mutation.line, mutation.broken, 1))
    arguments = ["-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "--durations=0"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, *mutation.tests.split()],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    file.write_text(original)
    found = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return found[0].split()[1].partition("::")[2] if found else ""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="orchestre-mutants-") as folder:
        copy = Path(folder)
        for name in COPIED:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "main.py", ".env.sample"):
            shutil.copy(ROOT / name, copy / name)
        results = []
        for mutation in MUTATIONS:
            test = caught_by(mutation, copy)
            results.append({"invariant": mutation.invariant, "line": mutation.line, "test": test})
            print(f"{mutation.invariant}  {mutation.file}  {test or 'NOBODY NOTICED'}", flush=True)
    unnoticed = sum(not result["test"] for result in results)
    print(json.dumps({"mutations": len(results), "unnoticed": unnoticed, "results": results}))
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
