"""What a change of the ABI means to programs that were built before it: an addition, or a break."""


def breaks(old, new):
    """What a program built with the old snapshot could trip over, one sentence each; none when everything was only added."""
    found = [f"{name}: the function is gone" for name in old["functions"] if name not in new["functions"]]
    for name, was in old["functions"].items():
        now = new["functions"].get(name, was)
        if (was["returns"], _types(was)) != (now["returns"], _types(now)):
            found.append(f"{name}: its signature changed")
    for name, value in old["constants"].items():
        # the versions are there to change
        if not name.startswith(("ZKA_VERSION_", "ZKA_ABI_")) and new["constants"].get(name) != value:
            found.append(f"{name}: the constant was {value} and is {new['constants'].get(name, 'gone')}")
    found += [f"{name}: the type is gone" for name in old["handles"] if name not in new["handles"]]
    for name, was in old["structs"].items():
        found += _struct(name, was, new["structs"].get(name))
    return found


def additions(old, new):
    """The names that only the new snapshot has."""
    return [name for kind in ("functions", "constants", "structs") for name in new[kind] if name not in old[kind]]


def _types(function):
    # a parameter's name is no part of the ABI
    return [parameter.rsplit(" ", 1)[0] for parameter in function["params"]]


def _struct(name, was, now):
    if now is None:
        return [f"{name}: the struct is gone"]
    if now["fields"][: len(was["fields"])] != was["fields"]:
        return [f"{name}: a field moved, changed or went"]
    grown = now["size"] != was["size"] or len(now["fields"]) > len(was["fields"])
    if grown and not was["fields"][0].endswith(" struct_size"):
        return [f"{name}: it grew, and has no struct_size by which the library could tell"]
    return []
