using System.Diagnostics;
using NUnit.Framework;
using ZkArrow.Testing;

namespace ZkArrow.Cli.Tests;

/// <summary>The command as it is installed: one file that needs no .NET.</summary>
public sealed class BinaryTests
{
    private const string Skip = "ZKARROW_SKIP_AOT";
    private const int Interrupt = 2;

    [Test]
    public async Task It_tells_its_version()
    {
        (int code, string result, string errors) = await RunAsync("--version");
        Assert.That((code, errors), Is.EqualTo((0, "")));
        Assert.That(result, Does.Match(@"^zkarrow \d+\.\d+\.\d+"));
    }

    [Test]
    public async Task It_has_the_same_help()
    {
        CommandRun here = await CommandRun.OfAsync("doctor", "--help");
        Assert.That(await RunAsync("doctor", "--help"), Is.EqualTo((0, here.Result, "")));
    }

    [Test]
    public async Task It_examines_the_host()
    {
        (int code, string result, string errors) = await RunAsync("doctor", "--data-dir", "/dev/shm/zkarrow-cli-tests-none", "--json");
        Assert.That((code, errors), Is.EqualTo((0, "")));
        Assert.That(new CommandRun(code, result, errors).Json.GetProperty("checks").GetArrayLength(), Is.GreaterThan(10));
    }

    [Test]
    public async Task It_writes_errors_to_standard_error()
    {
        (int code, string result, string errors) = await RunAsync("doctor", "--connect", "ftp://x");
        Assert.That((code, result), Is.EqualTo((2, "")));
        Assert.That(errors, Does.StartWith("zkarrow: "));
    }

    [Test]
    public async Task An_interrupt_ends_it_with_130()
    {
        using Process process = Start("doctor", "--connect", $"zk://127.0.0.1:{LoopbackPort.Free()}", "--timeout", "600");
        ProcessSignal.Send(process.Id, Interrupt);
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(bound.Token);
        Assert.That(process.ExitCode, Is.EqualTo(130));
    }

    private static async Task<(int Code, string Result, string Errors)> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(60));
        Task<string> result = process.StandardOutput.ReadToEndAsync(bound.Token), errors = process.StandardError.ReadToEndAsync(bound.Token);
        await process.WaitForExitAsync(bound.Token);
        return (process.ExitCode, await result, await errors);
    }

    private static Process Start(params string[] arguments)
    {
        if (Environment.GetEnvironmentVariable(Skip) == "1")
            Assert.Ignore($"{Skip}=1");
        string binary = Path.Combine(RepositoryRoot.Find(), "artifacts", "bin", "zkarrow");
        if (!File.Exists(binary))
            Assert.Fail($"{binary} is missing: run ./build.sh --target=Cli, or set {Skip}=1 to do without it.");
        ProcessStartInfo start = new(binary, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("ZKARROW_CONNECT");
        return Process.Start(start)!;
    }
}
