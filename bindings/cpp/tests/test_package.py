"""Installs the package, moves it elsewhere, builds the examples against it as outside projects do, runs them."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "lab"))
import zookeeper_lab  # noqa: E402


def run(*command: str | pathlib.Path, **environment: str) -> str:
    print("+", *command, flush=True)
    done = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        timeout=100,
        check=True,
    )
    print(done.stdout, end="", flush=True)
    return done.stdout


def main(build: str, cmake: str) -> None:
    work = pathlib.Path(tempfile.mkdtemp(prefix="zkarrow-package-"))
    try:
        run(cmake, "--install", build, "--prefix", work / "first")
        prefix = (work / "first").rename(work / "moved")
        cpp = build_with_cmake(cmake, prefix, work)
        c = build_with_pkg_config(prefix, work)
        refuse_other_versions(cmake, prefix, work)
        use(cpp, c, work)
    finally:
        shutil.rmtree(work)


def build_with_cmake(cmake: str, prefix: pathlib.Path, work: pathlib.Path) -> pathlib.Path:
    out = work / "cpp"
    run(cmake, "-S", ROOT / "bindings/cpp/examples", "-B", out, f"-DCMAKE_PREFIX_PATH={prefix}")
    run(cmake, "--build", out)
    return out


def build_with_pkg_config(prefix: pathlib.Path, work: pathlib.Path) -> pathlib.Path:
    (library,) = {path.parent for path in prefix.rglob("libzkarrow.so")}
    words = run("pkg-config", "--cflags", "--libs", "zkarrow", PKG_CONFIG_PATH=str(library / "pkgconfig")).split()
    out = work / "c"
    out.mkdir()
    for name in ("loan", "publish", "read"):
        source = ROOT / "native" / "examples" / f"{name}.c"
        flags = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", f"-Wl,-rpath,{library}"]
        run("cc", *flags, source, "-o", out / name, *words)
    return out


def refuse_other_versions(cmake: str, prefix: pathlib.Path, work: pathlib.Path) -> None:
    for version, found in (("0.1", True), ("0.2", False), ("1.0", False)):
        project = work / f"wants-{version}"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.20)\nproject(wants CXX)\nfind_package(ZkArrow {version} CONFIG)\n"
            f"if(NOT ZkArrow_FOUND STREQUAL {1 if found else 0})\n  message(FATAL_ERROR wrong)\nendif()\n"
        )
        run(cmake, "-S", project, "-B", project / "out", f"-DCMAKE_PREFIX_PATH={prefix}")


def use(cpp: pathlib.Path, c: pathlib.Path, work: pathlib.Path) -> None:
    with zookeeper_lab.ZooKeeper() as server:
        url, data = server.url("/examples"), str(work / "data")
        run(c / "publish", url, data, "from/c")
        run(cpp / "publish", url, data, "from/cpp")
        run(c / "loan", url, data, "loan/c")
        run(cpp / "loan", url, data, "loan/cpp")
        assert "1000000 rows" in run(c / "read", url, data, "loan/c")
        assert "1000000 rows" in run(c / "read", url, data, "loan/cpp")
        for reader in (c / "read", cpp / "read"):
            assert "3 rows" in run(reader, url, data, "from/c")
            assert "3 rows" in run(reader, url, data, "from/cpp")
        assert "version 1" in run(cpp / "subscribe", url, data, "from/c", "1")
    failed = subprocess.run([cpp / "read", "nonsense", data, "t"], stderr=subprocess.PIPE, text=True, check=False)
    assert failed.returncode == 1 and "ZKA_INVALID_ARGUMENT" in failed.stderr, failed


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
