"""Compares the header with what must agree with it. Each finding is one line that names the thing."""

import ctypes
import re
import subprocess

import generated
from header import kind

CSHARP = {"int": "i32", "uint": "u32", "long": "i64", "ulong": "u64", "nint": "ptr", "void": "void"}
EXPORT = re.compile(
    r'\[UnmanagedCallersOnly\(EntryPoint = "(?P<entry>\w+)"(?P<rest>.*?)\)\]\s+'
    r"(?:internal|public) static (?:unsafe )?(?P<result>\S+) \w+\((?P<params>.*?)\)\s*(?:=>|\{|$)",
    re.S,
)


def drift(model, root):
    """Generated files that are not what the header gives today."""
    for path, wanted in generated.files(model).items():
        found = (root / path).read_text() if (root / path).exists() else ""
        if found == wanted:
            continue
        pairs = enumerate(zip(found.splitlines() + [""], wanted.splitlines() + [""]), 1)
        line, (old, new) = next((p for p in pairs if p[1][0] != p[1][1]), (1, ("", "")))
        yield f"{path}:{line} has '{old.strip()}' where zkarrow.h gives '{new.strip()}'; run abi.py generate"


def docs(model):
    """Functions that do not document what every function must."""
    for name, f in model["functions"].items():
        doc = f["doc"]
        wanted = ["brief", "par Ownership", "par Thread safety", "since"] + ["return"] * (f["returns"] != "void")
        for part in wanted:
            if not doc.get(part):
                yield f"{name} has no \\{part} on a line of its own"
        parameters = [p["name"] for p in f["params"]]
        for parameter in parameters:
            if not doc["params"].get(parameter):
                yield f"{name} has no \\param {parameter}"
        for parameter in set(doc["params"]) - set(parameters):
            yield f"{name} documents the parameter '{parameter}', which it does not have"
        for status in generated.statuses(doc.get("return", "")):
            if status not in model["constants"]:
                yield f"{name} returns {status}, which the header does not define"


def exports(model, source):
    """C# exports that are not the header's functions."""
    found = {m["entry"]: m for m in EXPORT.finditer(source)}
    for name in re.findall(r'EntryPoint = "(zka_\w+)"', source):
        if name not in found:
            yield f"{name} is exported in a form that abi.py does not read"
    for name in found.keys() - model["functions"].keys():
        yield f"{name} is exported from C# and not in zkarrow.h"
    for name, f in model["functions"].items():
        if name not in found:
            yield f"{name} is in zkarrow.h and not exported from C#"
        else:
            yield from _signature(name, f, found[name])


def _signature(name, function, export):
    if "typeof(CallConvCdecl)" not in export["rest"]:
        yield f"{name} is exported without CallConvCdecl"
    if _csharp_kind(export["result"]) != kind(function["returns"]):
        yield f"{name} returns {function['returns']} in zkarrow.h and {export['result']} in C#"
    given = [p.rsplit(" ", 1) for p in _split(export["params"])]
    wanted = function["params"]
    if len(given) != len(wanted):
        yield f"{name} has {len(wanted)} parameters in zkarrow.h and {len(given)} in C#"
        return
    for (cs_type, cs_name), parameter in zip(given, wanted):
        if cs_name.lstrip("@") != _camel(parameter["name"]):
            yield f"{name} has the parameter {parameter['name']} in zkarrow.h where C# has {cs_name.lstrip('@')}"
        if _csharp_kind(cs_type) != kind(parameter["type"]):
            yield f"{name} takes {parameter['name']} as {parameter['type']} in zkarrow.h and as {cs_type} in C#"


def layouts(model, source):
    """C# mirrors of structs that differ from the header's in a field's name, order or width."""
    for name, struct in model["structs"].items():
        if not name.startswith("zka_"):
            continue
        mirror = re.search(rf"\[StructLayout\(LayoutKind.Sequential\)\]\s+internal (?:unsafe )?struct {_pascal(name)}\s*\{{(.*?)\n\}}", source, re.S)
        if not mirror:
            yield f"{name} has no sequential struct {_pascal(name)} in C#"
            continue
        fields = re.findall(r"public (fixed )?([^;]+?) (\w+)(?:\[(\d+)\])?;", mirror[1])
        given = [(n, f"bytes[{count}]" if fixed else _csharp_kind(t)) for fixed, t, n, count in fields]
        wanted = [(_pascal(f["name"]), kind(f["type"])) for f in struct["fields"]]
        for place in range(max(len(given), len(wanted))):
            one, other = (part[place] if place < len(part) else None for part in (wanted, given))
            if one != other:
                yield f"{name} has {_field(one)} at place {place} in zkarrow.h and {_field(other)} in C#"


def enum(name, wanted, source):
    """Values of an enum of the .NET API that are not the header's; `wanted` is what the header says."""
    body = re.search(rf"enum {name}\s*\{{(.*?)\n\}}", source, re.S)
    given = {key: int(value) for key, value in re.findall(r"^\s+(\w+) = (\d+),", body[1] if body else "", re.M)}
    for key in sorted(given.keys() | wanted.keys()):
        if given.get(key) != wanted.get(key):
            yield f"{name}.{key} is {wanted.get(key)} in zkarrow.h and {given.get(key)} in C#"


def enums(model, source):
    """The enums of the .NET API that are constants in C."""
    constants = model["constants"]
    yield from enum("ZkArrowStatus", {generated.pascal(name): constants[name] for name in model["statuses"]}, source)
    for name, prefix in (("ClientState", "ZKA_CLIENT_"), ("Residency", "ZKA_RESIDENCY_"),
                         ("Lifetime", "ZKA_LIFETIME_"), ("SchemaPolicy", "ZKA_SCHEMA_POLICY_")):
        wanted = {generated.pascal(c.removeprefix(prefix)): v for c, v in constants.items() if c.startswith(prefix)}
        yield from enum(name, wanted, source)


def version(model, props):
    """The version of the packages, which must be the header's."""
    wanted = generated.version(model)
    given = re.search(r"<VersionPrefix>(.*?)<", props)[1]
    if given != wanted:
        yield f"the version is {wanted} in zkarrow.h and {given} in Directory.Build.props"


def symbols(model, names):
    """Symbols of the library that are not the header's functions."""
    # the debugger's entrance, which every library of the runtime has
    names = {name.split("@")[0] for name in names} - {"DotNetRuntimeDebugHeader"}
    for name in sorted(names - model["functions"].keys()):
        yield f"{name} is a symbol of the library and not in zkarrow.h"
    for name in sorted(model["functions"].keys() - names):
        yield f"{name} is in zkarrow.h and no symbol of the library"


def library(model, path):
    """What the built library says of itself."""
    lines = subprocess.run(["nm", "-D", "--defined-only", path], check=True, capture_output=True, text=True).stdout.splitlines()
    # a symbol of kind A is the name of the version that all others carry
    yield from symbols(model, [line.split()[-1] for line in lines if line.split()[-2] != "A"])
    loaded = ctypes.CDLL(path)
    loaded.zka_version_string.restype = loaded.zka_status_name.restype = ctypes.c_char_p
    if loaded.zka_abi_version() != model["constants"]["ZKA_ABI_VERSION"]:
        yield f"zka_abi_version() is {loaded.zka_abi_version()}, ZKA_ABI_VERSION is {model['constants']['ZKA_ABI_VERSION']}"
    if loaded.zka_version_string().decode() != generated.version(model):
        yield f"zka_version_string() is {loaded.zka_version_string().decode()}, zkarrow.h is {generated.version(model)}"
    for name in model["statuses"]:
        said = loaded.zka_status_name(model["constants"][name]).decode()
        if said != name:
            yield f"zka_status_name({model['constants'][name]}) is {said}, zkarrow.h says {name}"


def _split(parameters):
    """Parameters at the commas that stand in no angle brackets."""
    parts, depth = [""], 0
    for c in parameters:
        depth += (c == "<") - (c == ">")
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts if part.strip()]


def _csharp_kind(cs_type):
    return "ptr" if cs_type.endswith("*") or cs_type.startswith("delegate*") else CSHARP.get(cs_type, cs_type)


def _pascal(name):
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _camel(name):
    return name.split("_")[0] + _pascal("_".join(name.split("_")[1:]))


def _field(field):
    return "nothing" if field is None else f"{field[0]} ({field[1]})"
