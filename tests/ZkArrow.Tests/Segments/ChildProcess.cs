using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NUnit.Framework;
using ZkArrow.Loans;
using ZkArrow.Segments;
using ZkArrow.Tests.Coordination;

namespace ZkArrow.Tests.Segments;

/// <summary>
/// Another process that uses segments: this very assembly, started again with a variable that says what to do. It
/// prints one line when it is there, and then stays until it is killed or its input is closed.
/// </summary>
internal sealed unsafe class ChildProcess : IDisposable
{
    private const string Variable = "ZKARROW_TESTS_CHILD";

    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    /// <summary>Starts a child and waits until it says that it is where the test wants it.</summary>
    internal static ChildProcess Start(params string[] command)
    {
        string? host = Environment.ProcessPath;
        var start = new ProcessStartInfo(Path.GetFileName(host) == "dotnet" ? host! : "dotnet")
        {
            ArgumentList = { "exec", typeof(ChildProcess).Assembly.Location },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Variable] = string.Join('\n', command);
        var child = new ChildProcess(Process.Start(start)!);
        Task<string?> line = child._process.StandardOutput.ReadLineAsync();
        bool ready = line.Wait(_deadline) && line.Result == "ready";
        if (!ready)
        {
            child.Kill();
            Assert.Fail($"the child printed “{line.Result}”: {child._process.StandardError.ReadToEnd()}");
        }

        return child;
    }

    /// <summary>SIGKILL, and waits until the kernel has taken everything back.</summary>
    internal void Kill()
    {
        _process.Kill();
        Assert.That(_process.WaitForExit(_deadline), Is.True, "the killed child did not end");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }

    [ModuleInitializer]
    internal static void RunAsChild()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } command)
            return;
        Run(command.Split('\n'));
        Environment.Exit(0);
    }

    private static void Run(string[] command)
    {
        if (CoordinatorChild.TryRun(command, StayReady))
            return;
        DataDirectory data = DataDirectory.Open(command[1], "unused");
        switch (command[0])
        {
            case "write":
                data.Write(command[2], long.Parse(command[3]), sink =>
                {
                    byte[] half = new byte[long.Parse(command[3]) / 2];
                    fixed (byte* bytes = half)
                        sink.Write(bytes, half.Length);
                    StayReady();
                });
                break;
            case "recycle":
                Recycling.Write(data, int.Parse(command[2]), int.Parse(command[3]));
                StayReady();
                break;
            case "map":
                using (data.Map(command[2], long.Parse(command[3])))
                    StayReady();
                break;
            case "loan":
                using (LoanMemory memory = LoanMemory.Create(data, long.Parse(command[2])))
                {
                    new Span<byte>(memory.Start, 1 << 20).Fill(1);
                    StayReady();
                }

                break;
            case "map-unguarded":
                NativeLibrary.SetDllImportResolver(typeof(DataDirectory).Assembly, (library, _, _) => library == "zkguard" ? throw new DllNotFoundException() : 0);
                using (MappedSegment segment = data.Map(command[2], long.Parse(command[3])))
                {
                    segment.ThrowIfDamaged();
                    if (!SegmentGuard.IsInstalled && segment.Tripwire == null && !SegmentGuard.IsPoisoned(segment.Start))
                        StayReady();
                }

                break;
            case "announce":
                ChangeBoard board = ChangeBoard.Open(data);
                for (int i = 0; i < int.Parse(command[3]); i++)
                    board.Announce(Guid.Parse(command[2]));
                StayReady();
                break;
            default:
                throw new ArgumentException(command[0]);
        }
    }

    private static void StayReady()
    {
        Console.WriteLine("ready");
        Console.In.ReadToEnd();
    }
}
