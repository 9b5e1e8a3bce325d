"""Four processes, one of each language, race with expected_version for every version of one dataset."""

from __future__ import annotations

import collections
import threading

from client import LANGUAGES, Client, Refused



def run(url: str, data_dir: str, publishes: int) -> str:
    """Every version number is won once; each loser is told who won."""
    won: dict[int, str] = {}
    losses: collections.Counter[str] = collections.Counter()
    failures: list[BaseException] = []
    gate = threading.Lock()

    def race(language: str) -> None:
        try:
            with Client(language, url, data_dir) as driver:
                expected = 0
                while expected < publishes:
                    make = {"kind": "int64", "rows": 3, "seed": expected}
                    try:
                        version = driver.ask(op="publish", name="race", make=make, expected_version=expected)["version"]
                    except Refused as refused:
                        if refused.status not in ("ZKA_CONFLICT", "ZKA_ALREADY_EXISTS"):
                            raise
                        assert "published by" in refused.message, refused.message
                        with gate:
                            losses[language] += 1
                        expected = driver.ask(op="stat", name="race")["version"]["number"]
                        continue
                    assert version["number"] == expected + 1, (version, expected)
                    with gate:
                        assert version["number"] not in won, f"{version['number']} was won twice"
                        won[version["number"]] = version["commit_id"]
                    expected = version["number"]
        except BaseException as failure:  # noqa: BLE001 - shown by the runner
            failures.append(failure)

    threads = [threading.Thread(target=race, args=(language,)) for language in LANGUAGES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    assert sorted(won) == list(range(1, publishes + 1)), "a version is missing"
    with Client("c", url, data_dir) as witness:
        assert witness.ask(op="history", name="race")["versions"] == sorted(won)
        for number in range(1, publishes + 1, 97):
            version = witness.ask(op="read", name="race", version=number)["version"]
            assert version["commit_id"] == won[number], f"version {number} is not the one that was acknowledged"
    assert sum(losses.values()) > 0, "nobody ever lost: the processes did not race"
    return f"{publishes} versions, each won once; lost races: {dict(losses)}"
