using ZkArrow.Architecture.Tests.Rules;

namespace ZkArrow.Architecture.Tests;

/// <summary>Every rule finds what it is there to find, and leaves alone what only looks like it.</summary>
public sealed class PlantedViolationTests
{
    private static readonly HashSet<string> Standard = ["ctypes", "os", "typing"];

    [TestCase("""<ProjectReference Include="../ZkArrow.Native/ZkArrow.Native.csproj" />""", "ZkArrow.Native")]
    [TestCase("""<PackageReference Include="Newtonsoft.Json" />""", "Newtonsoft.Json")]
    public void A_project_that_refers_to_too_much(string reference, string named) =>
        Assert.That(Projects("ZkArrow", reference), Is.EqualTo((string[])[$"src/ZkArrow/ZkArrow.csproj: ZkArrow refers to {named}"]));

    [Test]
    public void A_project_nobody_made_a_rule_for() =>
        Assert.That(Projects("ZkArrow.New", ""), Has.One.Contains("no rule for ZkArrow.New"));

    [Test]
    public void A_project_within_its_rule() =>
        Assert.That(Projects("ZkArrow", """<ProjectReference Include="../ZkArrow.ZooKeeper/ZkArrow.ZooKeeper.csproj" />"""), Is.Empty);

    [TestCase("Segments", "using ZkArrow.Coordination;", ExpectedResult = 1)]
    [TestCase("Segments", "var n = new Coordination.ZnodeLayout();", ExpectedResult = 1)]
    [TestCase("Segments", "var n = new ZkArrow.ZooKeeper.ZkClient();", ExpectedResult = 1)]
    [TestCase("Segments", "using static ZkArrow.Datasets.Exchange;", ExpectedResult = 1)]
    [TestCase("Segments", "using ZkArrow.Ipc;", ExpectedResult = 0)]
    [TestCase("Segments", "// as ZkArrow.Coordination does\n/* Coordination.X */ var text = a.Coordination.Length;", ExpectedResult = 0)]
    [TestCase("Coordination", "using ZkArrow.Segments;", ExpectedResult = 1)]
    [TestCase("Coordination", "using ZkArrow.ZooKeeper;", ExpectedResult = 0)]
    [TestCase("Datasets", "using ZkArrow.Segments;\nusing ZkArrow.Coordination;", ExpectedResult = 0)]
    [TestCase("Datasets", "using ZkArrow.ZooKeeper;", ExpectedResult = 1)]
    [TestCase("Cellar", "", ExpectedResult = 1)]
    public int A_room_that_sees_another(string room, string source) =>
        RoomRule.Violations(new SourceFile($"src/ZkArrow/{room}/X.cs", source)).Count();

    [TestCase("ZkArrowTable.cs", ExpectedResult = 1)]
    [TestCase("ZkArrowClient.Calls.cs", ExpectedResult = 0)]
    public int Both_sides_seen_at_the_root(string name) =>
        RoomRule.Violations(new SourceFile("src/ZkArrow/" + name, "using ZkArrow.Segments;\nusing ZkArrow.Coordination;")).Count();

    [TestCase("await coordinator.CommitAsync([], token);", ExpectedResult = 1)]
    [TestCase("var data = DataDirectory.Open(path, name);", ExpectedResult = 1)]
    [TestCase("Directory.CreateDirectory(path);", ExpectedResult = 1)]
    [TestCase("_ = Libc.chmod(path, 0);", ExpectedResult = 1)]
    [TestCase("var data = DataDirectory.At(path); // not DataDirectory.Open\nvar text = File.ReadAllText(path);", ExpectedResult = 0)]
    public int A_doctor_that_changes_something(string source) =>
        DoctorRule.Violations(new SourceFile("X.cs", source)).Count();

    [TestCase("#include <stdint.h>", ExpectedResult = 0)]
    [TestCase("#include \"arrow_c_data.h\"", ExpectedResult = 0)]
    [TestCase("  # include <stdbool.h>", ExpectedResult = 1)]
    [TestCase("#include \"internal.h\"", ExpectedResult = 1)]
    public int An_include_of_the_contract(string line) =>
        IncludeRule.Contract(new SourceFile("zkarrow.h", line)).Count();

    [TestCase("#include <zkarrow/zkarrow.h>", ExpectedResult = 0)]
    [TestCase("#include <string_view>", ExpectedResult = 0)]
    [TestCase("#include <arrow/api.h>", ExpectedResult = 1)]
    [TestCase("#include \"../../../src/ZkArrow/x.h\"", ExpectedResult = 1)]
    public int An_include_of_the_cpp_binding(string line) =>
        IncludeRule.Binding(new SourceFile("x.hpp", line)).Count();

    [TestCase("import os, numpy as np", ExpectedResult = 1)]
    [TestCase("    import pyarrow.compute", ExpectedResult = 1)]
    [TestCase("from pandas import DataFrame", ExpectedResult = 1)]
    [TestCase("from . import _ffi\nfrom ._bindings import X\nimport ctypes.util\nfrom typing import Any\nimport zkarrow", ExpectedResult = 0)]
    [TestCase("\"\"\"Reads it.\n\n    import pyarrow\n\"\"\"", ExpectedResult = 0)]
    public int An_import_of_the_python_package(string source) =>
        PythonRule.Violations(new SourceFile("x.py", source), Standard).Count();

    [TestCase("[DllImport(\"zkarrow\")]", ExpectedResult = 1)]
    [TestCase("[LibraryImport( \"libzkarrow.so.0\", EntryPoint = \"x\")]", ExpectedResult = 1)]
    [TestCase("NativeLibrary.Load($\"{folder}/libzkarrow.so\");", ExpectedResult = 1)]
    [TestCase("[LibraryImport(\"libc\")] // not zkarrow", ExpectedResult = 0)]
    [TestCase("// [DllImport(\"zkarrow\")] would block", ExpectedResult = 0)]
    public int A_load_of_the_library(string source) =>
        OneRuntimeRule.Violations(new SourceFile("X.cs", source)).Count();

    [TestCase("src/ZkArrow/Datasets/X.cs", "var p = root + \"/head\";", ExpectedResult = 1)]
    [TestCase("src/ZkArrow/Datasets/X.cs", "var p = $\"{root}/d/{id}\";", ExpectedResult = 1)]
    [TestCase("src/ZkArrow/Datasets/X.cs", "// below \"/head\"\nvar p = \"/header\";", ExpectedResult = 0)]
    [TestCase("src/ZkArrow/Coordination/ZnodeLayout.cs", "var p = root + \"/head\";", ExpectedResult = 0)]
    public int A_znode_path(string path, string source) =>
        ZnodePathRule.Violations(new SourceFile(path, source)).Count();

    [TestCase("        Output.Clear(@out);", ExpectedResult = "zka_x does not zero its output before anything can fail")]
    [TestCase("        if (!Guard.Enter(error, out int status))\n            return status;", ExpectedResult = "zka_x does not pass the guard before it tries anything")]
    [TestCase("Argument.NotNull(@out)", ExpectedResult = "zka_x does not check its output for NULL")]
    [TestCase("        catch (Exception e)\n        {\n            return Guard.Fail(e, error);\n        }", ExpectedResult = "zka_x lets exceptions out")]
    public string An_export_that_leaves_something_out(string left)
    {
        Assert.That(Good, Does.Contain(left));
        return ExportRule.Violations(new SourceFile("X.cs", Good.Replace(left, "", StringComparison.Ordinal))).First()["X.cs: ".Length..];
    }

    [Test]
    public void An_export_that_leaves_nothing_out() =>
        Assert.That(ExportRule.Violations(new SourceFile("X.cs", Good)), Is.Empty);

    private static readonly string Good = """
            [UnmanagedCallersOnly(EntryPoint = "zka_x", CallConvs = [typeof(CallConvCdecl)])]
            internal static int X(nint client, int* @out, ZkaError* error)
            {
                Output.Clear(@out);
                if (!Guard.Enter(error, out int status))
                    return status;
                try
                {
                    *Argument.NotNull(@out) = 1;
                    return Guard.Ok;
                }
                catch (Exception e)
                {
                    return Guard.Fail(e, error);
                }
            }

        """;

    private static IEnumerable<string> Projects(string name, string reference) =>
        ProjectRule.Violations(new SourceFile($"src/{name}/{name}.csproj", $"<Project><ItemGroup>{reference}</ItemGroup></Project>"));
}
