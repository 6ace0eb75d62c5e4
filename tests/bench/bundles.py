"""How fast a long file is sealed and opened, in turns with `age` on the same file."""

from __future__ import annotations

from pathlib import Path

from tests.bench.inputs import noise
from tests.bench.measure import (
    Run,
    heading,
    in_turns,
    median,
    missing,
    peer,
    ratio,
    row,
    run,
    task,
)

GOAL = "within 1.3 times age on the same file; growth under 100 MB"
KEYS = bytes(range(64)).hex()


def measure(folder: Path, rounds: int, *, quick: bool) -> None:
    """Seal and open a file of noise. A bundle has its name only once it is on the disk, so `age` is
    measured both as it is and followed by `sync`.
    """
    size = (100 if quick else 1024) << 20
    heading(f"bundle: a file of {size >> 20:,} MiB", GOAL)
    plain = folder / "plain"
    noise(plain, size)
    age = peer("age")
    if not (age and peer("age-keygen")):
        missing("age", "apt-get install age")
        _alone(folder, plain, rounds, size)
        return
    recipient = _age_key(folder)
    sealed, aged = folder / "sealed", folder / "aged"
    encrypt = [age, "-r", recipient, "-o", str(aged), str(plain)]
    _compare("seal", rounds, size, ["seal", plain, sealed], encrypt, aged)
    back = folder / "back-age"
    decrypt = [age, "-d", "-i", str(folder / "key"), "-o", str(back), str(aged)]
    _compare("open", rounds, size, ["open", sealed, folder / "back"], decrypt, back)


def _age_key(folder: Path) -> str:
    """Make a key for `age`; returns its public side."""
    text = run([peer("age-keygen")]).output
    (folder / "key").write_text(text, encoding="ascii")
    return text.split("public key: ")[1].split()[0]


def _alone(folder: Path, plain: Path, rounds: int, size: int) -> None:
    for name, source, target in (
        ("seal", plain, folder / "sealed"),
        ("open", folder / "sealed", folder / "back"),
    ):
        _print(name, [_ours([name, source, target]) for _ in range(rounds)], size)


def _compare(
    name: str, rounds: int, size: int, words: list[object], command: list[str], theirs: Path
) -> None:
    synced = ["sh", "-c", '"$@" && sync "$0"', str(theirs), *command]
    ours, plain, durable = in_turns(
        rounds,
        lambda: _ours(words),
        lambda: _fresh(theirs, command),
        lambda: _fresh(theirs, synced),
    )
    _print(name, ours, size)
    for label, runs in (("age", plain), ("age, on the disk", durable)):
        row(
            f"  {label}",
            MiB_s=round((size >> 20) / median(one.wall for one in runs)),
            cpu=median(one.cpu for one in runs),
            our_wall=ratio(ours, runs, "wall"),
            our_cpu=ratio(ours, runs, "cpu"),
        )


def _ours(words: list[object]) -> Run:
    name, source, target = words
    Path(str(target)).unlink(missing_ok=True)
    run(["sync"])
    return task(str(name), source, target, KEYS)


def _fresh(target: Path, command: list[str]) -> Run:
    target.unlink(missing_ok=True)
    run(["sync"])
    return run(command)


def _print(name: str, runs: list[Run], size: int) -> None:
    row(
        f"  {name}",
        MiB_s=round((size >> 20) / median(one.wall for one in runs)),
        cpu=median(one.cpu for one in runs),
        growth_MB=median(one.told["growth"] for one in runs),
    )
