"""G12: what -X importtime says of a package, in a new interpreter each time. Runs in the peers' root."""

import os
import subprocess
import sys
import tempfile

_IMPORTS = 3
environment = {**os.environ}
# installed packages have their bytecode compiled; here the first import compiles both packages' into a folder
environment.pop("PYTHONDONTWRITEBYTECODE", None)


def microseconds(package):
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {package}"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    for line in run.stderr.splitlines():
        own, cumulative, name = line.removeprefix("import time:").split("|")
        if name.strip() == package:
            return int(cumulative)
    raise RuntimeError(f"-X importtime did not list {package}")


with tempfile.TemporaryDirectory() as cache:
    environment["PYTHONPYCACHEPREFIX"] = cache
    for line in sys.stdin:
        package = line.strip()
        print(*(microseconds(package) * 1000 for _ in range(_IMPORTS)), flush=True)
