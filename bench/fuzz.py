"""Feeds the mail code mutated mail, guided by what it covers: `python -m bench.fuzz`.

Every input goes the whole way that `orchestre explain` takes, and to each parser alone. More is
asked than that nothing is raised: time within a bound by size, sound texts, the same envelope from
the head as from the whole, new text only from the text, and an answer that reads again as exactly
what was built. `--seconds N` chooses how long. The work is done in a process of its own, so that a
hang is found and reported, too. Exit code 1 with a finding, whose input is kept. `--large`
measures the largest mails of every hostile kind instead.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import large_mails

SECONDS = 600
MAX_LENGTH = 4_096
HANG_SECONDS = 10
"""After which libFuzzer calls an input a hang, and ends."""
MEGABYTES = 2_000
TOKENS = (
    *("From: ", "To: shop@example.com", "Subject: ", "Message-ID: <a@b>", "References: ", "\r\n"),
    *("Content-Type: ", "text/plain", "text/html", "multipart/mixed", "multipart/alternative"),
    *("multipart/report", "multipart/digest", "message/rfc822", "text/calendar", "text/enriched"),
    *("; boundary=b", "\r\n--b\r\n", "\r\n--b--\r\n", "; charset=", "utf-8", "iso-2022-jp", "hz"),
    *("utf-7", "gb18030", "windows-874", "x-unknown", "; format=flowed", "; delsp=yes", "*0*="),
    *("filename*=utf-8''%41", "Content-Transfer-Encoding: ", "base64", "quoted-printable", "8bit"),
    *(
        "=?utf-8?q?",
        "=?utf-8?b?",
        "?=",
        "=0D=0A",
        "On ",
        " wrote:",
        "\n> ",
        "-----Original Message",
    ),
    *("-----BEGIN PGP SIGNED MESSAGE-----", "-- \n", "Sent from my iPhone", "<div>", "</div>"),
    *("<blockquote type=cite>", "<!--", "-->", 'style="display:none"', "&#8232;", "&amp;", "<br>"),
    *("class=gmail_quote", "id=divRplyFwdMsg", "<p>", "Reply-To: ", "Auto-Submitted: no", "Cc: "),
    *("Content-Disposition: attachment", "METHOD:REPLY", "\x1b$B", "\x1b(B", "~{", "~}", "+AA0-"),
)


def dictionary() -> str:
    """The tokens as libFuzzer reads them."""
    lines = (
        "".join(f"\\x{byte:02X}" for byte in token.encode("latin-1", "replace")) for token in TOKENS
    )
    return "".join(f'"{line}"\n' for line in lines)


def sow(folder: Path) -> int:
    """Write the seeds: small hostile mails, hostile values in mails, and honest replies."""
    from bench import fuzz_seeds

    seeds = list(fuzz_seeds.seeds())
    for number, seed in enumerate(seeds):
        (folder / f"seed{number:04}").write_bytes(seed[:MAX_LENGTH])
    return len(seeds)


def fuzz(folder: Path, *, seconds: int) -> int:
    """Run the work in a process of its own; its exit code, or 1 when it had to be ended."""
    corpus, findings = folder / "corpus", folder / "findings"
    corpus.mkdir(parents=True)
    findings.mkdir()
    seeds = sow(corpus)
    words = folder / "tokens.dict"
    words.write_text(dictionary())
    command = [
        *(sys.executable, "-m", "bench.fuzz_target", str(corpus), f"-dict={words}"),
        *(f"-max_total_time={seconds}", f"-max_len={MAX_LENGTH}", f"-timeout={HANG_SECONDS}"),
        *(f"-rss_limit_mb={MEGABYTES}", f"-artifact_prefix={findings}/", "-print_final_stats=1"),
    ]
    started = time.monotonic()
    log = folder / "log.txt"
    with log.open("wb") as written:
        worker = subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT)
        try:
            code = worker.wait(seconds + 20 * HANG_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
            code = worker.wait()
    report(folder, code=code, seeds=seeds, seconds=time.monotonic() - started)
    return 1 if code or any(findings.iterdir()) else 0


def report(folder: Path, *, code: int, seeds: int, seconds: float) -> None:
    """Print what happened, and where the inputs are that it happened with."""
    text = (folder / "log.txt").read_text(errors="replace")
    stats = dict(
        line.removeprefix("stat::").split(":", 1)
        for line in text.splitlines()
        if line.startswith("stat::") and ":" in line[6:]
    )
    covered = [line for line in text.splitlines() if " cov: " in line][-1:]
    coverage = covered[0].partition(" cov: ")[2].split()[0] if covered else "0"
    findings = sorted(str(path) for path in (folder / "findings").iterdir())
    if code or findings:
        print(text[-6_000:], file=sys.stderr)
    print(
        json.dumps(
            {
                "seconds": round(seconds, 1),
                "inputs": int(stats.get("number_of_executed_units", "0")),
                "inputs_per_second": int(stats.get("average_exec_per_sec", "0")),
                "covered_edges": int(coverage),
                "seeds": seeds,
                "corpus": sum(1 for _ in (folder / "corpus").iterdir()),
                "peak_megabytes": int(stats.get("peak_rss_mb", "0")),
                "exit_code": code,
                "findings": findings,
            },
            indent=1,
        )
    )


def report_large(costs: list[large_mails.Cost]) -> int:
    """Print the table, the dearest first; 1 when any is beyond the limits."""
    dear = [cost for cost in costs if cost.is_dear()]
    table = sorted(costs, key=lambda cost: -cost.seconds)
    print(
        json.dumps(
            {
                "bytes": large_mails.BYTES,
                "limit_seconds": large_mails.LIMIT_SECONDS,
                "limit_times_size": large_mails.LIMIT_TIMES,
                "most_seconds": max(cost.seconds for cost in costs),
                "most_times_size": max(cost.times for cost in costs),
                "mails": [cost._asdict() for cost in table],
                "beyond": [cost.mail for cost in dear],
            },
            indent=1,
        )
    )
    return 1 if dear else 0


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=SECONDS)
    arguments.add_argument("--folder", type=Path, help="Where the inputs are kept.")
    arguments.add_argument(
        "--large", action="store_true", help="Measure the largest mails instead."
    )
    wanted = arguments.parse_args()
    if wanted.large:
        return report_large(large_mails.measure())
    folder = wanted.folder or Path(tempfile.mkdtemp(prefix="orchestre-fuzz-"))
    return fuzz(folder, seconds=wanted.seconds)


if __name__ == "__main__":
    sys.exit(main())
