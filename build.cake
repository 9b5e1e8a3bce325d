// The build, in plain words. Every step prints the command it runs; nothing here is more than that command,
// so whatever fails can be run again by hand. `./build.sh --help` lists the steps.
using System.Xml.Linq;

string target = Argument("target", "Default");
string root = Context.Environment.WorkingDirectory.FullPath;
string solution = "ZkArrowInterop.sln";
string results = "artifacts/test-results";
string python = "/usr/bin/python3";
string version = XDocument.Load($"{root}/Directory.Build.props").Descendants("VersionPrefix").Single().Value;

// In a run of all tests a step that fails is written down and the rest goes on: one closing line tells everything.
bool everything = target == "Test";
var suites = new List<string>();

CakeTaskBuilder Step(string name, string description)
{
    CakeTaskBuilder step = Task(name).Description(description);
    return everything ? step.OnError(failure => Record(name, failure.Message)) : step;
}

// A test suite: its runner leaves trx or JUnit XML in artifacts/test-results/<suite>/.
CakeTaskBuilder Suite(CakeTaskBuilder step, string suite, int minutes, params string[] command)
{
    suites.Add(suite);
    return step.Does(() =>
    {
        CleanDirectory($"{results}/{suite}");
        Run(minutes, command);
    });
}

// Runs a command, bounded in time together with everything it started.
void Run(int minutes, params string[] command)
{
    System.Console.WriteLine($"> {string.Join(' ', command)}");
    var arguments = new ProcessArgumentBuilder().Append("--kill-after=10");
    // its own process group is what lets timeout end grandchildren too, but it hides the command from Ctrl-C
    if (!System.Console.IsInputRedirected)
        arguments.Append("--foreground");
    arguments.Append($"{minutes}m");
    foreach (string argument in command)
        arguments.AppendQuoted(argument);
    int code = StartProcess("timeout", new ProcessSettings
    {
        Arguments = arguments,
        EnvironmentVariables = new Dictionary<string, string>
        {
            ["ZKARROW_LIBRARY"] = $"{root}/artifacts/lib/libzkarrow.so",
            ["PYTHONDONTWRITEBYTECODE"] = "1",
        },
    });
    if (code == 124)
        throw new Exception($"{command[0]} was stopped after {minutes} minutes");
    if (code != 0)
        throw new Exception($"{command[0]} ended with exit code {code}");
}

// What a suite could not write itself: that it, or a step before it, broke.
void Record(string step, string message)
{
    string name = step.StartsWith("Test-") ? step["Test-".Length..].ToLowerInvariant() : $"build:{step}";
    EnsureDirectoryExists($"{results}/{name}");
    new XElement("broken", message).Save($"{root}/{results}/{name}/broken.xml");
}

if (everything)
{
    Setup(context => CleanDirectory(results));
    Teardown(context =>
    {
        int code = StartProcess(python, $"tests/tools/summarise.py {results} {string.Join(' ', suites)}");
        // Cake would print its own report after the closing line
        System.Environment.Exit(code);
    });
}

// ---- building ----

Step("Build", "compile the solution")
    .Does(() => Run(10, "dotnet", "build", solution, "-c", "Release", "-v", "minimal"));

Step("Publish-Native", "libzkarrow.so with its soname links, to artifacts/lib")
    .Does(() =>
    {
        string output = "artifacts/obj/native", lib = "artifacts/lib";
        Run(10, "dotnet", "publish", "src/ZkArrow.Native", "-c", "Release", "-o", output, "-v", "minimal");
        Run(1, "mkdir", "-p", lib);
        // a new file each time: a process that has the old one mapped keeps it
        Run(1, "cp", "--remove-destination", $"{output}/libzkarrow.so", $"{lib}/libzkarrow.so.{version}");
        Run(1, "cp", "--remove-destination", $"{output}/libzkarrow.so.dbg", $"{lib}/libzkarrow.so.dbg");
        Run(1, "cp", "--remove-destination", $"{output}/libduckdb.so", $"{lib}/libduckdb.so");
        Run(1, "ln", "-sfn", $"libzkarrow.so.{version}", $"{lib}/libzkarrow.so.0");
        Run(1, "ln", "-sfn", "libzkarrow.so.0", $"{lib}/libzkarrow.so");
    });

Step("Cli", "the zkarrow command, to artifacts/bin")
    .Does(() =>
    {
        string output = "artifacts/obj/cli", bin = "artifacts/bin";
        Run(10, "dotnet", "publish", "src/ZkArrow.Cli", "-c", "Release", "-r", "linux-x64", "-o", output, "-v", "minimal");
        Run(1, "mkdir", "-p", bin);
        // a new file each time: one that runs cannot be written
        Run(1, "cp", "--remove-destination", $"{output}/ZkArrow.Cli", $"{bin}/zkarrow");
    });

Step("Headers", "the C headers, to artifacts/include")
    .Does(() =>
    {
        Run(1, "rm", "-rf", "artifacts/include");
        Run(1, "mkdir", "-p", "artifacts");
        Run(1, "cp", "-r", "native/include", "artifacts/include");
    });

Step("Cpp", "the C++ binding and its CMake package, to artifacts/cmake")
    .IsDependentOn("Publish-Native")
    .IsDependentOn("Headers")
    .Does(() =>
    {
        // find_path and find_library look into include/ and lib/ of a prefix
        Run(2, "cmake", "-S", "bindings/cpp", "-B", "artifacts/obj/cpp", "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=ON",
            $"-DCMAKE_PREFIX_PATH={root}/artifacts", $"-DCMAKE_INSTALL_PREFIX={root}/artifacts/cmake");
        Run(10, "cmake", "--build", "artifacts/obj/cpp", "--parallel", "2");
        Run(1, "cmake", "--install", "artifacts/obj/cpp");
    });

Step("Wheel", "the Python package with the library inside, to artifacts/wheels")
    .IsDependentOn("Publish-Native")
    .Does(() => Run(2, python, "bindings/python/build_wheel.py"));

Step("Pack", "the NuGet packages, to artifacts/nuget")
    .IsDependentOn("Build")
    .IsDependentOn("Publish-Native")
    .Does(() =>
    {
        CleanDirectory("artifacts/nuget");
        foreach (string project in new[] { "src/ZkArrow.ZooKeeper", "src/ZkArrow", "src/ZkArrow.Sql", "src/ZkArrow.Extensions.DependencyInjection" })
            Run(5, "dotnet", "pack", project, "-c", "Release", "--no-build", "-o", "artifacts/nuget", "-v", "minimal");
        // it has nothing to compile
        Run(5, "dotnet", "pack", "native/nuget", "-c", "Release", "--artifacts-path", "artifacts/obj/nuget", "-o", "artifacts/nuget", "-v", "minimal");
    });

Step("Generate", "write what is generated from zkarrow.h")
    .Does(() => Run(2, python, "native/abi/abi.py", "generate"));

Step("Check-Generated", "fail when something generated differs from zkarrow.h")
    .Does(() => Run(2, python, "native/abi/abi.py", "check"));

Step("Peers", "the cached Debian root with Arrow implementations that we did not write")
    .Does(() => Run(20, "tests/peers/peers.sh", "ensure"));

// ---- testing ----

Suite(Step("Test-Tools", "tests of the build's own tools"), "tools", 2,
    python, "-m", "pytest", "-q", "-p", "no:cacheprovider", $"--junitxml={results}/tools/pytest.xml", "tests/tools", "tests/bench", "tests/faults/lab");

Suite(Step("Test-Unit", "NUnit: unit, property and architecture tests, against real servers")
    .IsDependentOn("Build").IsDependentOn("Cli"), "unit", 12,
    "dotnet", "test", solution, "-c", "Release", "--no-build", "--logger", "trx;LogFilePrefix=unit",
    "--results-directory", $"{results}/unit", "--blame-hang-timeout", "5m", "--blame-hang-dump-type", "none");

Suite(Step("Test-ZooKeeper-39", "the ZooKeeper client's tests on a 3.9 server, with TLS and SASL on")
    .IsDependentOn("Peers").IsDependentOn("Build"), "zookeeper-39", 6,
    TestZooKeeper("zookeeper-39", "3.9", "tls+sasl", soakSeconds: 3, kazooSeconds: 4));

Suite(Step("Test-Abi", "the C header and the exports of libzkarrow.so")
    .IsDependentOn("Publish-Native").IsDependentOn("Headers"), "abi", 5,
    "tests/abi/run.sh");

Suite(Step("Test-Cpp", "the C++ binding's own tests")
    .IsDependentOn("Cpp"), "cpp", 5,
    "ctest", "--test-dir", "artifacts/obj/cpp", "--no-tests=error", "--output-on-failure", "--timeout", "120",
    "--output-junit", $"{root}/{results}/cpp/ctest.xml");

Suite(Step("Test-Python", "the Python package, with the machine's bare python3")
    .IsDependentOn("Publish-Native"), "python", 5,
    python, "-m", "pytest", "-q", "-p", "no:cacheprovider", $"--junitxml={results}/python/pytest.xml", "bindings/python/tests");

Suite(Step("Test-Contract", "the same cases in every language, producer by consumer")
    .IsDependentOn("Build").IsDependentOn("Cpp"), "contract", 10,
    python, "tests/contract/run.py");

Suite(Step("Test-Contract-Local", "the same cases on the embedded coordinator, each producer with one other language")
    .IsDependentOn("Build").IsDependentOn("Cpp"), "contract-local", 6,
    python, "tests/contract/run.py", "--coordinator", "local", "--pairs", "ring");

Suite(Step("Test-Docs", "the programs of the README and of the pages, as a reader would run them, and the demonstrations")
    .IsDependentOn("Publish-Native").IsDependentOn("Headers").IsDependentOn("Wheel"), "docs", 8,
    python, "tests/docs/run.py");

Suite(Step("Test-Outside", "the packages, used from outside folders as their users do, with each other's data")
    .IsDependentOn("Pack").IsDependentOn("Wheel").IsDependentOn("Cpp"), "outside", 5,
    python, "-m", "pytest", "-q", "-p", "no:cacheprovider", $"--junitxml={results}/outside/pytest.xml", "tests/outside");

Suite(Step("Test-Faults", "processes that race, that die and that go on (FAULTS_SCALE=5 for 1,000 kills)")
    .IsDependentOn("Build").IsDependentOn("Cpp"), "faults", 12,
    python, "tests/faults/run.py");

Suite(Step("Test-Peers", "against pyarrow and Arrow C++, inside the peers' root")
    .IsDependentOn("Peers").IsDependentOn("Build").IsDependentOn("Cpp"), "peers", 10,
    "tests/peers/run.sh");

Step("Test", "every suite, a table, and one closing line")
    .IsDependentOn("Wheel")
    .IsDependentOn("Check-Generated")
    .IsDependentOn("Test-Tools")
    .IsDependentOn("Test-Unit")
    .IsDependentOn("Test-ZooKeeper-39")
    .IsDependentOn("Test-Abi")
    .IsDependentOn("Test-Cpp")
    .IsDependentOn("Test-Python")
    .IsDependentOn("Test-Contract")
    .IsDependentOn("Test-Contract-Local")
    .IsDependentOn("Test-Docs")
    .IsDependentOn("Test-Outside")
    .IsDependentOn("Test-Faults")
    .IsDependentOn("Test-Peers");

string[] TestZooKeeper(string suite, string server, string security, int soakSeconds, int kazooSeconds) =>
[
    "env", $"ZKARROW_TEST_SERVER={server}", $"ZKARROW_TEST_SECURITY={security}", $"ZKARROW_SOAK_SECONDS={soakSeconds}",
    $"ZKARROW_KAZOO_SECONDS={kazooSeconds}",
    // the package is the same for every server
    "dotnet", "test", "tests/ZkArrow.ZooKeeper.Tests", "-c", "Release", "--no-build", "--logger", $"trx;LogFilePrefix={suite}",
    "--filter", "TestCategory!=Package",
    "--results-directory", $"{results}/{suite}", "--blame-hang-timeout", "5m", "--blame-hang-dump-type", "none",
];

// Not part of Test, which has one cell of it for each server.
Step("Test-ZooKeeper-Matrix", "the ZooKeeper client's tests on 3.8 and 3.9, plain and secure, with the long versions (20 minutes)")
    .IsDependentOn("Peers").IsDependentOn("Build")
    .Does(() =>
    {
        var broken = new List<string>();
        foreach (string server in new[] { "3.8", "3.9" })
        foreach (string security in new[] { "", "tls+sasl" })
        {
            string suite = $"zookeeper-matrix-{server}{(security == "" ? "" : "-secure")}";
            CleanDirectory($"{results}/{suite}");
            try
            {
                Run(12, TestZooKeeper(suite, server, security, soakSeconds: 60, kazooSeconds: 30));
            }
            catch (Exception failure)
            {
                broken.Add($"{suite}: {failure.Message}");
            }
        }

        if (broken.Count > 0)
            throw new Exception(string.Join("; ", broken));
    });

// ---- the rest ----

Step("Demo", "the demonstration, from a clean start and with no server")
    .IsDependentOn("Build").IsDependentOn("Wheel").IsDependentOn("Cpp")
    .Does(() => Run(10, "tests/demo/run.sh", "local"));

Step("Demo-ZooKeeper", "the demonstration with a real ZooKeeper server")
    .IsDependentOn("Build").IsDependentOn("Wheel").IsDependentOn("Cpp")
    .Does(() => Run(10, "tests/demo/run.sh", "zk"));

Step("Bench", "the benchmarks with their peers, to artifacts/bench")
    .IsDependentOn("Build").IsDependentOn("Cpp").IsDependentOn("Peers")
    .Does(() => Run(60, "tests/bench/run.sh"));

Step("Soak", "processes of every language that publish, read and drop with flat memory, for SOAK_MINUTES (10)")
    .IsDependentOn("Build").IsDependentOn("Cpp")
    .Does(() => Run(24 * 60, python, "tests/faults/soak.py"));

Step("Faults", "an ensemble under faults for ten minutes, then each mutant for one")
    .Does(() => Run(60, python, "tests/faults/lab/run.py", "--seconds", "600", "--mutants", "60"));

Step("Fuzz", "coverage-guided fuzzing, each target for FUZZ_MINUTES (10)")
    .IsDependentOn("Build")
    .Does(() => Run(600, "tests/fuzz/run.sh"));

Step("Format", "rewrite the sources in the project's style")
    .Does(() =>
    {
        Run(5, "dotnet", "format", solution);
        Native("clang-format", "-i");
    });

Step("Check-Format", "fail when a source is not in the project's style")
    .Does(() =>
    {
        Run(5, "dotnet", "format", solution, "--verify-no-changes");
        Native("clang-format", "--dry-run", "-Werror");
        Scripts("shellcheck");
    });

Step("Clean", "remove everything that was built")
    .Does(() =>
    {
        Run(1, "find", "src", "tests", "-type", "d", "(", "-name", "bin", "-o", "-name", "obj", ")", "-prune", "-exec", "rm", "-rf", "{}", "+");
        Run(1, "rm", "-rf", "artifacts");
    });

Step("Default", "everything that users get: library, headers, bindings, packages")
    .IsDependentOn("Build")
    .IsDependentOn("Publish-Native")
    .IsDependentOn("Cli")
    .IsDependentOn("Headers")
    .IsDependentOn("Cpp")
    .IsDependentOn("Wheel")
    .IsDependentOn("Pack");

void Native(params string[] command) =>
    RunOver(GetFiles("native/**/*.{c,h}") + GetFiles("bindings/cpp/**/*.{c,h,hpp,cc,cpp}") + GetFiles("tests/**/*.{c,h,hpp,cc,cpp}"), command);

void Scripts(params string[] command) =>
    RunOver(GetFiles("*.sh") + GetFiles(".ci/run") + GetFiles("{native,bindings,tests}/**/*.sh"), command);

// Checkers that not every machine has say so when they are missed.
void RunOver(FilePathCollection files, params string[] command)
{
    string[] own = files.Select(file => file.FullPath).Where(path => !path.Contains("/bin/") && !path.Contains("/obj/")).ToArray();
    if (own.Length == 0)
        return;
    if (Context.Tools.Resolve(command[0]) is null)
        Warning("{0} is not installed: {1} files were not checked", command[0], own.Length);
    else
        Run(2, [.. command, .. own]);
}

RunTarget(target);
