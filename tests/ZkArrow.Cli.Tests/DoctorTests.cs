using System.Diagnostics;
using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Types;
using NUnit.Framework;
using ZkArrow.Cli.Doctor;
using ZkArrow.Cli.Doctor.Checks;
using ZkArrow.Segments;
using ZkArrow.Testing;

namespace ZkArrow.Cli.Tests;

/// <summary>The doctor on a real namespace with planted faults.</summary>
public sealed class DoctorTests : HostFixture
{
    private static readonly PublishOptions Host = new() { Residency = Residency.Host };

    private ZooKeeperServer _server = null!;
    private string _url = null!;
    private int _test;

    [OneTimeSetUp]
    public async Task StartServer() => _server = await ZooKeeperServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [SetUp]
    public void NameNamespace() => _url = $"zk://{_server.ConnectString}/test{++_test}";

    [Test]
    public async Task A_namespace_that_nobody_made_stays_so()
    {
        Directory.Delete(Data);
        CommandRun run = await CommandRun.OfAsync("doctor", "--connect", _url, "--data-dir", Data, "--json");
        Assert.That(run.Code, Is.Zero, run.Result);
        Assert.That(Check(run, "coordinator").GetProperty("message").GetString(), Does.Contain("nobody has made the namespace yet"));
        Assert.That(Directory.Exists(Data), Is.False);
        CommandRun again = await CommandRun.OfAsync("doctor", "--connect", _url, "--data-dir", Data, "--json");
        Assert.That(Check(again, "coordinator").GetProperty("message").GetString(), Does.Contain("nobody has made the namespace yet"));
    }

    [Test]
    public async Task The_report_has_the_documented_shape()
    {
        await PublishAsync();
        CommandRun run = await CommandRun.OfAsync("doctor", "--connect", _url, "--data-dir", Data, "--json");
        Assert.That((run.Code, run.Errors), Is.EqualTo((0, "")), run.Result);
        Assert.That(Names(run.Json), Is.EqualTo((string[])["status", "checks"]));
        JsonElement[] checks = [.. run.Json.GetProperty("checks").EnumerateArray()];
        Assert.That(checks.Select(Names), Is.All.EqualTo((string[])["check", "status", "message", "fix", "details"]));
        Assert.That(checks.Select(Status).Distinct(), Is.SubsetOf((string[])["ok", "warn", "skip"]));
        Assert.That(
            checks.Select(check => check.GetProperty("check").GetString()).Distinct(),
            Is.EqualTo(Checkup.Checks.Select(check => check.Name)).And.EqualTo(Documented()));
        foreach (JsonElement check in checks)
            Assert.That(check.GetProperty("fix").ValueKind == JsonValueKind.String, Is.EqualTo(Status(check) == "warn"), $"{check}");
        Assert.That(Check(run, "segments").GetProperty("message").GetString(), Does.StartWith("1 segments"));
        Assert.That(Check(run, "server-version").GetProperty("message").GetString(), Does.Contain(_server.Version.Split(' ', '-')[2].TrimEnd(',')));
    }

    [Test]
    public async Task The_text_says_the_same()
    {
        CommandRun run = await CommandRun.OfAsync("doctor", "--connect", _url, "--data-dir", Data);
        Assert.That(run.Code, Is.Zero);
        Assert.That(run.Result, Does.Match(@"(?m)^ok    coordinator ").And.Match(@"\d+ ok, \d+ to improve, 0 failed, \d+ not checked\n$"));
    }

    [Test]
    public async Task The_variable_names_the_namespace()
    {
        Environment.SetEnvironmentVariable("ZKARROW_CONNECT", _url);
        try
        {
            CommandRun run = await CommandRun.OfAsync("doctor", "--data-dir", Data, "--json");
            Assert.That(Check(run, "coordinator").GetProperty("message").GetString(), Does.StartWith(_url));
        }
        finally
        {
            Environment.SetEnvironmentVariable("ZKARROW_CONNECT", null);
        }
    }

    [Test]
    public async Task An_unreachable_server_is_5()
    {
        string nobody = $"zk://127.0.0.1:{LoopbackPort.Free()}/x";
        CommandRun run = await CommandRun.OfAsync("doctor", "--connect", nobody, "--data-dir", Data, "--timeout", "0.5", "--json");
        Assert.That(run.Code, Is.EqualTo(5));
        Assert.That(Status(Check(run, "coordinator")), Is.EqualTo("fail"));
        Assert.That(Status(Check(run, "server-version")), Is.EqualTo("warn"));
        Assert.That(Status(Check(run, "orphans")), Is.EqualTo("skip"));
    }

    [Test]
    public async Task A_truncated_segment_is_1_and_is_named()
    {
        string file = await PublishAsync();
        using (FileStream stream = new($"{Data}/{file}", FileMode.Open, FileAccess.Write))
            stream.SetLength(stream.Length - 8);
        CommandRun run = await CommandRun.OfAsync("doctor", "--connect", _url, "--data-dir", Data, "--json");
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Json.GetProperty("status").GetString(), Is.EqualTo("fail"));
        Assert.That(Check(run, "segments").GetProperty("details")[0].GetString(), Does.Match($"{file} has \\d+ bytes where its manifest says \\d+ \\(version 1\\)"));

        // its own bytes show it too, with no coordinator to ask
        Assert.That((await CommandRun.OfAsync("doctor", "--data-dir", Data)).Result, Does.Contain($"- {file}: "));
    }

    [Test]
    public async Task A_segment_that_is_empty_or_of_another_commit()
    {
        string first = await PublishAsync(), second = await PublishAsync();
        File.Copy($"{Data}/{first}", $"{Data}/{second}", overwrite: true);
        File.WriteAllText($"{Data}/{first[..^6]}x.arrow", "");
        CommandRun run = await CommandRun.OfAsync("doctor", "--connect", _url, "--data-dir", Data, "--json");
        string?[] details = [.. Check(run, "segments").GetProperty("details").EnumerateArray().Select(detail => detail.GetString())];
        Assert.That(details, Has.Length.EqualTo(2).And.Some.Contains("is empty").And.Some.Match($"{second} carries commit '[0-9a-f]+' where its manifest says"));
    }

    [Test]
    public async Task An_orphan_is_told_from_a_version_and_from_what_is_pinned()
    {
        string file = await PublishAsync();
        string orphan = $"{file.Split('/')[0]}/0-7-0123456789ab.arrow", pinned = $"{file.Split('/')[0]}/0-8-0123456789ab.arrow";
        File.Copy($"{Data}/{file}", $"{Data}/{orphan}");
        File.Copy($"{Data}/{file}", $"{Data}/{pinned}");
        using Holder holder = await Holder.StartAsync($"{Data}/{pinned}");
        await using CoordinatorLink link = await CoordinatorLink.OpenAsync(ConnectUrl.Parse(_url), TimeSpan.FromSeconds(30), default);
        Finding finding = await LookAsync(new Orphans(TimeSpan.Zero), Real, Data, link);
        Assert.That(finding.Verdict, Is.EqualTo(Verdict.Warn));
        Assert.That(finding.Details.Single(), Does.StartWith(orphan));
        Assert.That((await LookAsync(new Orphans(TimeSpan.FromMinutes(10)), Real, Data, link)).Verdict, Is.EqualTo(Verdict.Ok));
        Assert.That(File.Exists($"{Data}/{orphan}"), Is.True);
    }

    [Test]
    public async Task A_pin_of_another_process_before_and_after_the_drop()
    {
        string file = await PublishAsync();
        using Holder holder = await Holder.StartAsync($"{Data}/{file}");
        Finding held = await LookAsync(new Pins(TimeSpan.Zero), Real, Data);
        Assert.That(held.Verdict, Is.EqualTo(Verdict.Ok));
        Assert.That(held.Details.Single(), Does.Match($@"^flock \(pid {holder.Id}\) holds {file}, .* seconds old$"));

        File.Delete($"{Data}/{file}");
        Finding dropped = await LookAsync(new Pins(TimeSpan.Zero), Real, Data);
        Assert.That(dropped.Verdict, Is.EqualTo(Verdict.Warn));
        Assert.That(dropped.Details.Single(), Does.Match($@"^flock \(pid {holder.Id}\) holds {file}, .* dropped .* ago$"));
        Assert.That((await LookAsync(new Pins(TimeSpan.FromMinutes(10)), Real, Data)).Verdict, Is.EqualTo(Verdict.Ok));
    }

    [Test]
    public async Task Without_a_pin_nobody_is_named()
    {
        await PublishAsync();
        Assert.That((await LookAsync(new Pins(TimeSpan.Zero), Real, Data)).Details, Is.Empty);
    }

    [Test]
    public async Task It_lets_go_of_all_it_looked_at()
    {
        await PublishAsync();
        await CommandRun.OfAsync("doctor", "--connect", _url, "--data-dir", Data);
        Assert.That((SegmentCounters.MappedSegments, SegmentCounters.OpenPins), Is.EqualTo((0, 0)));
    }

    /// <summary>Publishes a version as a client does that then goes, and names its segment.</summary>
    [Test]
    public async Task A_segment_that_an_append_took_over_is_neither_orphan_nor_damaged()
    {
        await PublishAsync();
        await using (ZkArrowClient client = await ConnectAsync())
        {
            await client.AppendAsync("prices", Batch(), Host);
            await client.DropAsync("prices", 1);
        }

        Assert.That(Files(), Has.Length.EqualTo(2));
        CommandRun run = await CommandRun.OfAsync("doctor", "--connect", _url, "--data-dir", Data, "--json");
        Assert.That(Check(run, "segments").GetProperty("status").GetString(), Is.EqualTo("ok"));
        await using CoordinatorLink link = await CoordinatorLink.OpenAsync(ConnectUrl.Parse(_url), TimeSpan.FromSeconds(30), default);
        Assert.That((await LookAsync(new Orphans(TimeSpan.Zero), Real, Data, link)).Verdict, Is.EqualTo(Verdict.Ok));
    }

    private ValueTask<ZkArrowClient> ConnectAsync() => ZkArrowClient.ConnectAsync(_url, new ZkArrowOptions { DataDirectory = Data });

    private static RecordBatch Batch() =>
        new(new Schema([new Field("x", Int64Type.Default, false)], null), [new Int64Array.Builder().AppendRange([1, 2, 3]).Build()], 3);

    private async Task<string> PublishAsync()
    {
        string[] before = Files();
        await using ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("prices", Batch(), Host);
        return Files().Except(before).Single();
    }

    private string[] Files() => [.. DataDirectory.At(Data).List().Select(file => file.Name)];

    private static IEnumerable<string> Documented() =>
        File.ReadLines(Path.Combine(RepositoryRoot.Find(), "docs", "doctor.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('`')[1]);

    private static JsonElement Check(CommandRun run, string name) =>
        run.Json.GetProperty("checks").EnumerateArray().First(check => check.GetProperty("check").GetString() == name);

    private static string? Status(JsonElement check) => check.GetProperty("status").GetString();

    private static string[] Names(JsonElement element) => [.. element.EnumerateObject().Select(property => property.Name)];

    /// <summary>Another process that pins a file until it is disposed.</summary>
    private sealed class Holder : IDisposable
    {
        private readonly Process _process;

        private Holder(Process process) => _process = process;

        public int Id => _process.Id;

        public static async Task<Holder> StartAsync(string file)
        {
            ProcessStartInfo start = new("flock", ["--shared", file, "cat"]) { RedirectStandardInput = true };
            Holder holder = new(Process.Start(start)!);
            await Eventually.TrueAsync(() => FileLock.Pins(Real).Any(pin => pin.Process == holder.Id), "the other process has its pin");
            return holder;
        }

        // the end of its input ends cat, and with it flock
        public void Dispose()
        {
            _process.StandardInput.Close();
            Assert.That(_process.WaitForExit(TimeSpan.FromSeconds(30)), Is.True, "flock did not end");
            _process.Dispose();
        }
    }
}
