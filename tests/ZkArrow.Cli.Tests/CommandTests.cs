using System.Text.Json;
using NUnit.Framework;

namespace ZkArrow.Cli.Tests;

/// <summary>What every verb has in common: help, version, usage errors, colour.</summary>
[NonParallelizable]
public sealed class CommandTests
{
    private const char Escape = '\e';

    [Test]
    public async Task Help_has_examples_and_the_verbs()
    {
        CommandRun run = await CommandRun.OfAsync("--help");
        Assert.That((run.Code, run.Errors), Is.EqualTo((0, "")));
        Assert.That(run.Result, Does.Contain("zkarrow doctor --connect zk://zk1:2181,zk2:2181/app").And.Contain("zkarrow [command] [options]"));
        Assert.That(Words(run.Result), Is.SupersetOf((string[])["doctor", "--json", "-j,", "--no-color", "--version", "--help"]));
    }

    [Test]
    public async Task Help_of_the_doctor_has_its_options()
    {
        CommandRun run = await CommandRun.OfAsync("doctor", "--help");
        Assert.That((run.Code, run.Errors), Is.EqualTo((0, "")));
        Assert.That(Words(run.Result), Is.SupersetOf((string[])["--connect", "<URL>", "--data-dir", "<DIR>", "--timeout", "--json", "ZKARROW_CONNECT"]));
    }

    [Test]
    public async Task Version_is_the_projects()
    {
        CommandRun run = await CommandRun.OfAsync("--version");
        Assert.That(run.Code, Is.Zero);
        Assert.That(run.Result, Does.Match(@"^zkarrow \d+\.\d+\.\d+(\+[0-9a-f]+)?\n$"));
    }

    [TestCase("")]
    [TestCase("--no-such-option")]
    [TestCase("no-such-verb")]
    [TestCase("doctor --no-such-option")]
    [TestCase("doctor too-much")]
    [TestCase("doctor --connect")]
    [TestCase("doctor --connect http://host")]
    [TestCase("doctor --connect zk://user@host:1")]
    [TestCase("doctor --timeout never")]
    [TestCase("doctor --timeout 0")]
    [TestCase("doctor --timeout 1e9")]
    public async Task A_usage_error_is_2_in_one_line_on_standard_error(string arguments)
    {
        string[] split = arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        CommandRun run = await CommandRun.OfAsync(split);
        Assert.That((run.Code, run.Result), Is.EqualTo((2, "")));
        Assert.That(run.Errors, Does.Match(@"^zkarrow: [^\n]+\n$"));

        CommandRun json = await CommandRun.OfAsync(["--json", .. split]);
        Assert.That((json.Code, json.Errors), Is.EqualTo((2, run.Errors)));
        JsonElement error = json.Json.GetProperty("error");
        Assert.That(error.GetProperty("status").GetString(), Is.EqualTo("invalid_argument"));
        Assert.That($"zkarrow: {error.GetProperty("message").GetString()}\n", Is.EqualTo(run.Errors));
    }

    [TestCase(true, null, "", ExpectedResult = true)]
    [TestCase(false, null, "", ExpectedResult = false)]
    [TestCase(true, "1", "", ExpectedResult = false)]
    [TestCase(true, null, "--no-color", ExpectedResult = false)]
    public async Task<bool> Colour_is_for_terminals_that_want_it(bool isTerminal, string? noColor, string option)
    {
        string? before = Environment.GetEnvironmentVariable("NO_COLOR"), terminal = Environment.GetEnvironmentVariable("TERM");
        Environment.SetEnvironmentVariable("NO_COLOR", noColor);
        Environment.SetEnvironmentVariable("TERM", "xterm");
        try
        {
            CommandRun run = await CommandRun.OfAsync(isTerminal, ["doctor", "--data-dir", "/dev/shm", .. option.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
            return run.Result.Contains(Escape);
        }
        finally
        {
            Environment.SetEnvironmentVariable("NO_COLOR", before);
            Environment.SetEnvironmentVariable("TERM", terminal);
        }
    }

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
