"""What is in the NuGet packages: exactly this."""

from __future__ import annotations

import hashlib
import pathlib
import re
import zipfile
from xml.etree import ElementTree

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FEED = ROOT / "artifacts/nuget"
VERSION = re.findall("<VersionPrefix>(.+)<", (ROOT / "Directory.Build.props").read_text())[0]
# what every package of the format has
FORMAT = r"_rels/\.rels|\[Content_Types\]\.xml|package/services/metadata/core-properties/\w+\.psmdcp|.+\.nuspec"


def library(name: str) -> set[str]:
    return {"LICENSE", "README.md", f"lib/net10.0/{name}.dll", f"lib/net10.0/{name}.xml"}


CONTENTS = {
    "ZkArrow.ZooKeeper": library("ZkArrow.ZooKeeper"),
    # the guard of mapped files: a signal handler, which no managed code may be
    "ZkArrow": library("ZkArrow") | {"runtimes/linux-x64/native/libzkguard.so"},
    "ZkArrow.Sql": library("ZkArrow.Sql"),
    "ZkArrow.Extensions.DependencyInjection": library("ZkArrow.Extensions.DependencyInjection"),
    "ZkArrow.Native.linux-x64": {"LICENSE", "README.md", "runtimes/linux-x64/native/libzkarrow.so"},
}
DEPENDENCIES = {
    "ZkArrow.ZooKeeper": {"Microsoft.Extensions.Logging.Abstractions"},
    "ZkArrow": {"ZkArrow.ZooKeeper", "Apache.Arrow", "SourceGear.sqlite3"},
    "ZkArrow.Sql": {"ZkArrow", "Apache.Arrow"},
    "ZkArrow.Extensions.DependencyInjection": {"ZkArrow", "Microsoft.Extensions.Diagnostics.HealthChecks"},
    "ZkArrow.Native.linux-x64": set(),
}


def inside(package: zipfile.ZipFile) -> set[str]:
    return {name for name in package.namelist() if not re.fullmatch(FORMAT, name)}


def test_the_feed_has_these_packages_and_their_symbols() -> None:
    made = {path.name for path in FEED.iterdir()}
    managed = [name for name in CONTENTS if name != "ZkArrow.Native.linux-x64"]
    assert made == {f"{name}.{VERSION}.nupkg" for name in CONTENTS} | {f"{name}.{VERSION}.snupkg" for name in managed}
    for name in managed:
        with zipfile.ZipFile(FEED / f"{name}.{VERSION}.snupkg") as symbols:
            assert inside(symbols) == {f"lib/net10.0/{name}.pdb"}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_package_has_exactly_these_files_and_dependencies(name: str) -> None:
    with zipfile.ZipFile(FEED / f"{name}.{VERSION}.nupkg") as package:
        assert inside(package) == CONTENTS[name]
        for member in package.namelist():
            assert str(ROOT).encode() not in package.read(member), f"{member} names a folder of the builder"
        metadata = ElementTree.fromstring(package.read(f"{name}.nuspec"))[0]
    value = {element.tag.split("}")[1]: element for element in metadata}
    assert (value["license"].get("type"), value["license"].text) == ("expression", "Apache-2.0")
    assert value["readme"].text == "README.md"
    assert value["version"].text == VERSION
    assert value["description"].text and "Package Description" not in value["description"].text
    named = {element.get("id") for element in metadata.iter() if element.tag.endswith("}dependency")}
    assert named == DEPENDENCIES[name]


def test_the_native_package_has_the_library_that_was_built() -> None:
    with zipfile.ZipFile(FEED / f"ZkArrow.Native.linux-x64.{VERSION}.nupkg") as package:
        packed = package.read("runtimes/linux-x64/native/libzkarrow.so")
    built = (ROOT / "artifacts/lib/libzkarrow.so").read_bytes()
    assert hashlib.sha256(packed).digest() == hashlib.sha256(built).digest()
