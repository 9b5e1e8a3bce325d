"""Reads zkarrow.h with clang into plain dictionaries: functions, structs, constants, documentation."""

import json
import pathlib
import re
import subprocess

# what the header's types are on every 64-bit Linux, as signedness and bits
NUMBERS = {
    "int": "i32",
    "unsigned int": "u32",
    "long": "i64",
    "unsigned long": "u64",
    "int32_t": "i32",
    "uint32_t": "u32",
    "int64_t": "i64",
    "uint64_t": "u64",
    "zka_status": "i32",
    "void": "void",
}


def read(path):
    """The model of a header."""
    path = pathlib.Path(path)
    nodes = json.loads(_clang("-fparse-all-comments", "-Xclang", "-ast-dump=json", str(path)))["inner"]
    text = path.read_text()
    functions = {n["name"]: _function(n) for n in nodes if n["kind"] == "FunctionDecl" and n["name"].startswith("zka_")}
    records = [n for n in nodes if n["kind"] == "RecordDecl" and n.get("name", "").startswith(("zka_", "Arrow"))]
    structs = {n["name"]: _fields(n) for n in records if n.get("completeDefinition")}
    constants = _constants(path, text)
    return {
        "constants": constants,
        "statuses": _statuses(text, constants),
        "handles": sorted({n["name"] for n in records} - set(structs)),
        "structs": _with_layout(path, structs),
        "functions": functions,
    }


def kind(c_type):
    """A type as it crosses the border: a number, a pointer, `bytes[N]`, or void."""
    array = re.fullmatch(r"char\[(\d+)\]", c_type)
    if array:
        return f"bytes[{array[1]}]"
    if "*" in c_type or c_type == "zka_log_callback":
        return "ptr"
    return NUMBERS[c_type]


def _clang(*arguments, stdin=None):
    command = ["clang", "-x", "c", "-std=c11", "-fsyntax-only", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"clang could not read the header:\n{done.stderr}")
    return done.stdout


def _function(node):
    c_type = node["type"]["qualType"]
    parameters = [n for n in node.get("inner", []) if n["kind"] == "ParmVarDecl"]
    return {
        "returns": c_type[: c_type.index("(")].strip(),
        "params": [{"name": n.get("name", ""), "type": n["type"]["qualType"]} for n in parameters],
        "doc": _doc(node),
    }


def _fields(node):
    return [
        {"name": n["name"], "type": n["type"]["qualType"]} for n in node["inner"] if n["kind"] == "FieldDecl"
    ]


def _doc(node):
    doc = {"params": {}}
    comment = next((n for n in node.get("inner", []) if n["kind"] == "FullComment"), {})
    for block in comment.get("inner", []):
        if block["kind"] == "ParamCommandComment":
            doc["params"][block.get("param", "")] = " ".join(_lines(block))
        elif block["kind"] == "BlockCommandComment" and block["name"] == "par":
            # the title is the rest of the line of the command, and the text begins below it
            title, *rest = _lines(block) or [""]
            doc[f"par {title}"] = " ".join(rest)
        elif block["kind"] == "BlockCommandComment":
            doc[block["name"]] = " ".join(_lines(block))
    return doc


def _lines(block):
    """The text of a block by lines of the source; commands inside a line join it."""
    lines, last = [], None
    for part in _leaves(block):
        piece = part.get("text") or " ".join([f"\\{part.get('name', '')}", *part.get("args", [])])
        line = part["loc"].get("line", last)
        if lines and (line is None or line == last):
            lines[-1] += piece
        else:
            lines.append(piece)
        last = line
    return [line.strip() for line in lines if line.strip()]


def _leaves(block):
    for part in block.get("inner", []):
        if part["kind"] in ("TextComment", "InlineCommandComment"):
            yield part
        else:
            yield from _leaves(part)


def _constants(path, text):
    """The numbers that the header defines, in its order."""
    values = dict(re.findall(r"^#define (ZKA_\w+) (.+)$", _clang("-dM", "-E", str(path)), re.M))
    names = re.findall(r"^#define (ZKA_\w+)\b(?!\()", text, re.M)
    numbers = {name: re.fullmatch(r"\(?(-?\d+)u?\)?", values.get(name, "")) for name in names}
    return {name: int(number[1]) for name, number in numbers.items() if number}


def _statuses(text, constants):
    """The constants that stand between zka_status and the function that names its values."""
    section = text[text.index("zka_status;") : text.index("zka_status_name(")]
    return [name for name in re.findall(r"^#define (ZKA_\w+)", section, re.M) if name in constants]


def _with_layout(path, structs):
    probe = f'#include "{path.resolve()}"\n' + "".join(f"int probe_{n}[sizeof(struct {n})];\n" for n in structs)
    dump = _clang("-Xclang", "-fdump-record-layouts-simple", "-", stdin=probe)
    layouts = re.findall(r"Type: struct (\w+)\s+Layout: .*?\n\s+Size:(\d+).*?FieldOffsets: \[([\d, ]*)\]", dump, re.S)
    sizes = {name: (int(size) // 8, [int(o) // 8 for o in offsets.split(",")]) for name, size, offsets in layouts}
    return {
        name: {
            "size": sizes[name][0],
            "fields": [field | {"offset": offset} for field, offset in zip(fields, sizes[name][1], strict=True)],
        }
        for name, fields in structs.items()
    }
