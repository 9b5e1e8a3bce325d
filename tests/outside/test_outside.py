"""The packages from folders outside the repository, as their users have them, each program with the data of every other.

It uses what the build made: artifacts/cmake, artifacts/nuget and artifacts/wheels.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lab"))
import zookeeper_lab  # noqa: E402

ARTIFACTS = ROOT / "artifacts"
HERE = pathlib.Path(__file__).parent
CACHED = pathlib.Path(os.environ.get("NUGET_PACKAGES") or pathlib.Path.home() / ".nuget/packages")
VERSION = re.findall("<VersionPrefix>(.+)<", (ROOT / "Directory.Build.props").read_text())[0]
# what would lead a program back into the repository
LEADS = ("ZKARROW_LIBRARY", "PYTHONPATH", "LD_LIBRARY_PATH", "PKG_CONFIG_PATH", "CMAKE_PREFIX_PATH")
Command = Callable[[str], list[str]]
"""What to run for a verb: publish or read."""


def run(*command: str | pathlib.Path, **environment: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if name not in LEADS}
    done = subprocess.run(
        [str(word) for word in command],
        env={**inherited, **environment},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("outside")


@pytest.fixture(scope="module")
def prefix(work: pathlib.Path) -> pathlib.Path:
    """A copy of the installed tree, somewhere else than where it was installed."""
    return shutil.copytree(ARTIFACTS / "cmake", work / "prefix" / "moved", symlinks=True)


@pytest.fixture(scope="module")
def cpp(work: pathlib.Path, prefix: pathlib.Path) -> Command:
    """A CMake project with find_package(ZkArrow)."""
    project = shutil.copytree(ROOT / "bindings/cpp/examples", work / "cpp")
    run("cmake", "-S", project, "-B", project / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", project / "build", "--parallel", "2", "--target", "publish", "read")
    return lambda verb: [str(project / "build" / verb)]


@pytest.fixture(scope="module")
def c(work: pathlib.Path, prefix: pathlib.Path) -> Command:
    """One line of cc and pkg-config."""
    (found,) = prefix.rglob("zkarrow.pc")
    folder = work / "c"
    folder.mkdir()
    for name in ("publish", "read"):
        source = shutil.copy(ROOT / f"native/examples/{name}.c", folder)
        line = f"cc {source} -o {folder / name} $(pkg-config --cflags --libs zkarrow) -Wl,-rpath,{found.parents[1]}"
        run("sh", "-c", line, PKG_CONFIG_PATH=str(found.parent))
    return lambda verb: [str(folder / verb)]


def application(work: pathlib.Path, name: str, properties: str = "", items: str = "") -> pathlib.Path:
    """A project with the built packages; public ones come from the machine's cache, and from nowhere else."""
    app = shutil.copytree(HERE / "dotnet", work / name)
    (app / "nuget.config").write_text(
        f"""<configuration>
  <packageSources><clear /><add key="built" value="{ARTIFACTS / "nuget"}" /></packageSources>
  <fallbackPackageFolders><clear /><add key="machine" value="{CACHED}" /></fallbackPackageFolders>
</configuration>
"""
    )
    (app / "app.csproj").write_text(
        f"""<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
    <NuGetAudit>false</NuGetAudit>
    {properties}
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Extensions.DependencyInjection" Version="10.0.10" />
    <PackageReference Include="ZkArrow.Extensions.DependencyInjection" Version="{VERSION}" />
    {items}
  </ItemGroup>
</Project>
"""
    )
    return app


@pytest.fixture(scope="module")
def dotnet(work: pathlib.Path) -> Command:
    """An application with the packages of a local feed."""
    app = application(work, "dotnet")
    cache = work / "packages"
    run("dotnet", "build", app, "-c", "Release", "-v", "q", "-nologo", "-o", app / "out", NUGET_PACKAGES=str(cache))
    for package in ("zkarrow", "zkarrow.zookeeper", "zkarrow.extensions.dependencyinjection"):
        assert (cache / package / VERSION).is_dir(), f"{package} did not come from the feed"
    assert not list((app / "out").rglob("libzkarrow.so")), "a .NET program needs no libzkarrow"
    return lambda verb: [str(app / "out/app"), verb]


@pytest.fixture(scope="module")
def python(work: pathlib.Path) -> Command:
    """A virtual environment with the wheel and nothing else."""
    # pip writes down where a wheel was
    wheel = shutil.copy(*(ARTIFACTS / "wheels").glob("*.whl"), work)
    venv = work / "venv"
    run("/usr/bin/python3", "-m", "venv", venv)
    run(venv / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-index", wheel)
    program = shutil.copy(HERE / "python/prices.py", work)
    return lambda verb: [str(venv / "bin/python"), "-I", str(program), verb]


@pytest.fixture(scope="module")
def programs(c: Command, cpp: Command, dotnet: Command, python: Command) -> dict[str, Command]:
    return {"c": c, "cpp": cpp, "dotnet": dotnet, "python": python}


@pytest.fixture(params=["local", "zookeeper"])
def url(request: pytest.FixtureRequest, work: pathlib.Path) -> Iterator[str]:
    if request.param == "local":
        yield f"local:{work / 'namespace'}"
        return
    with zookeeper_lab.ZooKeeper() as server:
        yield server.url("/outside")


def test_each_reads_what_each_published(programs: dict[str, Command], url: str, work: pathlib.Path) -> None:
    data = str(work / f"data-{url[:2]}")
    for language, command in programs.items():
        assert run(*command("publish"), url, data, f"from/{language}") == f"from/{language} version 1: 3 rows\n"
    for reader, command in programs.items():
        for writer in programs:
            title, *lines = run(*command("read"), url, data, f"from/{writer}").splitlines()
            assert title == f"from/{writer} version 1: 3 rows"
            # the examples print the columns in an order of their own
            rows = [sorted(line.split()) for line in lines]
            assert rows == [["1", "101.5", "AAA"], ["-", "2", "BBB"], ["3", "99.25", "CCC"]], f"{reader} read {writer}"


def test_an_application_compiled_to_native_code_has_no_warning_and_works(work: pathlib.Path, c: Command) -> None:
    """All of the packages is analysed, not only what the program uses."""
    packages = ("ZkArrow", "ZkArrow.ZooKeeper", "ZkArrow.Extensions.DependencyInjection")
    app = application(
        work,
        "native",
        # what only makes the compiler slow is left out
        "<PublishAot>true</PublishAot><NativeDebugSymbols>false</NativeDebugSymbols><InvariantGlobalization>true</InvariantGlobalization>"
        "<Optimize>false</Optimize><TrimmerSingleWarn>false</TrimmerSingleWarn>"
        "<ILLinkTreatWarningsAsErrors>true</ILLinkTreatWarningsAsErrors><IlcTreatWarningsAsErrors>true</IlcTreatWarningsAsErrors>",
        "".join(f'<TrimmerRootAssembly Include="{name}" />' for name in packages),
    )
    command = ("dotnet", "publish", app, "-c", "Release", "-r", "linux-x64", "-v", "q", "-nologo", "-o", app / "out")
    said = run(*command, NUGET_PACKAGES=str(work / "packages"))
    assert not re.search(r"IL\d{4}", said), said
    assert not (app / "out/app.dll").exists(), "it is native code"
    url, data = f"local:{work / 'of-native'}", str(work / "data-native")
    assert run(app / "out/app", "publish", url, data, "t") == "t version 1: 3 rows\n"
    assert run(app / "out/app", "read", url, data, "t") == "t version 1: 3 rows\n1 101.5 AAA\n2 - BBB\n3 99.25 CCC\n"
    assert run(*c("read"), url, data, "t").startswith("t version 1: 3 rows\n1 101.5 AAA\n")


def test_they_do_not_look_into_the_repository(programs: dict[str, Command], work: pathlib.Path) -> None:
    """What a program maps, and the text of its own files."""
    for folder in (work / "prefix", work / "dotnet/out", work / "venv/lib"):
        for file in folder.rglob("*"):
            if file.is_file() and not file.is_symlink():
                assert str(ROOT).encode() not in file.read_bytes(), f"{file} names the repository"
    for language in ("c", "cpp"):
        linked = run("ldd", programs[language]("read")[0])
        assert str(work / "prefix") in linked and str(ROOT) not in linked
