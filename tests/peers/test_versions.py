"""The peers are worth their name only when they are newer than what the library was written with."""

import os
import subprocess

import pyarrow

OLDEST = 25


def test_pyarrow_is_new_enough():
    assert int(pyarrow.__version__.split(".")[0]) >= OLDEST


def test_arrow_cpp_is_new_enough_and_speaks_the_c_data_interface():
    program = os.path.join(os.environ["ZKARROW_PEERS_BIN"], "arrow_version")
    done = subprocess.run([program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    compiled, loaded = map(int, done.stdout.split())
    assert compiled == loaded >= OLDEST
