#!/usr/bin/env python3
"""Keeps zkarrow.h, the exports, the statuses and the generated declarations one.

usage: abi.py generate            write what is generated from zkarrow.h
       abi.py check [--lib PATH]  compare zkarrow.h with what must agree with it, and with a built library
       abi.py functions           print the names of the functions
       abi.py compare OLD.json    say what a program built with an older snapshot could trip over
"""

import argparse
import json
import pathlib
import sys

import changes
import checks
import generated
import header
import languages

PAGE = "bindings/README.md"
ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["generate", "check", "functions", "compare"])
    parser.add_argument("old", nargs="?", help="an older zkarrow.abi.json")
    parser.add_argument("--lib", help="a built libzkarrow.so")
    arguments = parser.parse_args()
    model = header.read(ROOT / "native/include/zkarrow/zkarrow.h")
    if arguments.command == "functions":
        print("\n".join(model["functions"]))
    elif arguments.command == "compare":
        old, new = json.loads(pathlib.Path(arguments.old).read_text()), json.loads(generated.snapshot(model))
        broken = changes.breaks(old, new)
        print("\n".join([*broken, f"{len(changes.additions(old, new))} additions, {len(broken)} breaks"]))
        sys.exit(1 if broken else 0)
    elif arguments.command == "generate":
        for path, text in {**generated.files(model), PAGE: languages.page(model, ROOT)}.items():
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(text)
            print(f"wrote {path}")
    else:
        sys.exit(check(model, arguments.lib))


def check(model, lib):
    native = "\n".join(p.read_text() for p in sorted((ROOT / "src/ZkArrow.Native").glob("*.cs")))
    api = "\n".join(p.read_text() for p in sorted((ROOT / "src/ZkArrow").glob("*.cs")))
    findings = [
        *checks.drift(model, ROOT),
        *([] if (ROOT / PAGE).read_text() == languages.page(model, ROOT) else [f"{PAGE}: is not what the header gives; run abi.py generate"]),
        *languages.findings(model, ROOT),
        *checks.docs(model),
        *checks.exports(model, native),
        *checks.layouts(model, native),
        *checks.enums(model, api),
        *checks.version(model, (ROOT / "Directory.Build.props").read_text()),
        *(checks.library(model, lib) if lib else []),
    ]
    for finding in findings:
        print(finding)
    print(f"{len(model['functions'])} functions, {len(model['structs'])} structs, {len(model['constants'])} constants, "
          f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    main()
