"""The ABI tool finds what drifts, and names it. Each test plants one drift into a copy of the real sources."""

import pathlib
import shutil
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "native/include/zkarrow"
sys.path.insert(0, str(ROOT / "native/abi"))

import checks  # noqa: E402
import generated  # noqa: E402
import header  # noqa: E402

EXPORTS = "\n".join(p.read_text() for p in sorted((ROOT / "src/ZkArrow.Native").glob("*.cs")))
API = "\n".join(p.read_text() for p in sorted((ROOT / "src/ZkArrow").glob("*.cs")))


def replaced(text, old, new):
    """The text with one thing changed; a drift that was not planted would find nothing and prove nothing."""
    if text.count(old) != 1:
        raise AssertionError(f"'{old}' stands {text.count(old)} times in the source")
    return text.replace(old, new)


class Planted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for path in INCLUDE.iterdir():
            shutil.copy(path, cls.folder)
        cls.model = header.read(INCLUDE / "zkarrow.h")

    def header_with(self, old, new):
        path = self.folder / "zkarrow.h"
        path.write_text(replaced((INCLUDE / "zkarrow.h").read_text(), old, new))
        return header.read(path)

    def test_nothing_is_found_where_nothing_was_planted(self):
        for findings in (
            checks.exports(self.model, EXPORTS),
            checks.layouts(self.model, EXPORTS),
            checks.enums(self.model, API),
            checks.drift(self.model, ROOT),
            checks.docs(self.model),
        ):
            self.assertEqual(list(findings), [])

    def test_a_renamed_parameter(self):
        model = self.header_with("zka_client_state(zka_client* client,", "zka_client_state(zka_client* connection,")
        self.assertIn(
            "zka_client_state has the parameter connection in zkarrow.h where C# has client",
            list(checks.exports(model, EXPORTS)),
        )
        self.assertIn("zka_client_state has no \\param connection", list(checks.docs(model)))
        self.assertIn(
            "zka_client_state documents the parameter 'client', which it does not have", list(checks.docs(model))
        )

    def test_a_parameter_of_another_width(self):
        source = replaced(EXPORTS, "Stat(nint client, byte* name, ulong version", "Stat(nint client, byte* name, uint version")
        self.assertEqual(
            list(checks.exports(self.model, source)),
            ["zka_dataset_stat takes version as uint64_t in zkarrow.h and as uint in C#"],
        )

    def test_an_added_parameter(self):
        model = self.header_with("zka_table_close(zka_table* table)", "zka_table_close(zka_table* table, int32_t how)")
        self.assertEqual(
            list(checks.exports(model, EXPORTS)), ["zka_table_close has 2 parameters in zkarrow.h and 1 in C#"]
        )

    def test_an_added_status(self):
        model = self.header_with("#define ZKA_INTERNAL 23", "#define ZKA_INTERNAL 23\n#define ZKA_TIRED 24")
        self.assertEqual(
            list(checks.enums(model, API)),
            ["ZkArrowStatus.Tired is 24 in zkarrow.h and None in C#"],
        )
        self.assertTrue(any("ZKA_TIRED" in finding for finding in checks.drift(model, ROOT)))

    def test_a_status_with_another_value(self):
        source = replaced(API, "Busy = 22,", "Busy = 42,")
        self.assertEqual(
            list(checks.enums(self.model, source)), ["ZkArrowStatus.Busy is 22 in zkarrow.h and 42 in C#"]
        )

    def test_a_state_with_another_value(self):
        source = replaced(API, "Closed = 4,", "Closed = 7,")
        self.assertEqual(
            list(checks.enums(self.model, source)), ["ClientState.Closed is 4 in zkarrow.h and 7 in C#"]
        )

    def test_a_missing_export(self):
        source = replaced(EXPORTS, '"zka_table_close"', '"zka_table_shut"')
        self.assertEqual(
            list(checks.exports(self.model, source)),
            [
                "zka_table_shut is exported from C# and not in zkarrow.h",
                "zka_table_close is in zkarrow.h and not exported from C#",
            ],
        )

    def test_an_export_without_the_calling_convention(self):
        entry = '[UnmanagedCallersOnly(EntryPoint = "zka_table_close", CallConvs = [typeof(CallConv{})])]'
        source = replaced(EXPORTS, entry.format("Cdecl"), entry.format("Stdcall"))
        self.assertEqual(list(checks.exports(self.model, source)), ["zka_table_close is exported without CallConvCdecl"])

    def test_a_struct_that_lost_a_field(self):
        model = self.header_with("  int64_t rows;            /**< rows in all its batches */\n", "")
        self.assertEqual(
            next(checks.layouts(model, EXPORTS)),
            "zka_version_info has Nbytes (i64) at place 4 in zkarrow.h and Rows (i64) in C#",
        )

    def test_a_field_of_another_width(self):
        source = replaced(EXPORTS, "public int KeeperCode;", "public long KeeperCode;")
        self.assertEqual(
            list(checks.layouts(self.model, source)),
            ["zka_error has KeeperCode (i32) at place 2 in zkarrow.h and KeeperCode (i64) in C#"],
        )

    def test_a_symbol_that_the_library_lacks_and_one_too_many(self):
        names = ["DotNetRuntimeDebugHeader@@V1.0", "zka_extra@@V1.0", *self.model["functions"]]
        names.remove("zka_echo_stream")
        self.assertEqual(
            list(checks.symbols(self.model, names)),
            [
                "zka_extra is a symbol of the library and not in zkarrow.h",
                "zka_echo_stream is in zkarrow.h and no symbol of the library",
            ],
        )

    def test_documentation_that_misses_its_ownership(self):
        model = self.header_with(
            " * \\par Ownership\n * The caller frees it with zka_cancel_free().\n", ""
        )
        self.assertEqual(list(checks.docs(model)), ["zka_cancel_create has no \\par Ownership on a line of its own"])

    def test_documentation_that_names_a_status_that_is_none(self):
        model = self.header_with("\\return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_FORKED.\n * \\par Ownership\n * The caller frees", "\\return ZKA_FINE.\n * \\par Ownership\n * The caller frees")
        self.assertEqual(list(checks.docs(model)), ["zka_cancel_create returns ZKA_FINE, which the header does not define"])

    def test_a_version_that_was_bumped_in_one_place(self):
        self.assertEqual(
            list(checks.version(self.model, "<VersionPrefix>0.2.0</VersionPrefix>")),
            ["the version is 0.1.0 in zkarrow.h and 0.2.0 in Directory.Build.props"],
        )

    def test_a_generated_file_that_was_edited(self):
        for path, text in generated.files(self.model).items():
            target = self.folder / "root" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.replace("ZKA_FORKED", "ZKA_SPLIT").replace("Forked", "Split"))
        found = list(checks.drift(self.model, self.folder / "root"))
        self.assertEqual(len(found), len(generated.files(self.model)))
        self.assertTrue(all("FORKED" in finding.upper() for finding in found), found)

    def test_the_layout_that_clang_computed(self):
        fields = {f["name"]: f["offset"] for f in self.model["structs"]["zka_version_info"]["fields"]}
        self.assertEqual(self.model["structs"]["zka_version_info"]["size"], 128)
        self.assertEqual((fields["number"], fields["commit_id"], fields["schema_id"], fields["reserved"]), (8, 48, 81, 114))


if __name__ == "__main__":
    unittest.main()
