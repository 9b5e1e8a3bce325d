using System.Diagnostics;
using NUnit.Framework;
using ZkArrow.Coordination;
using ZkArrow.Embedded;
using ZkArrow.Testing;
using ZkArrow.Tests.Segments;

namespace ZkArrow.Tests.Coordination;

/// <summary>What is the embedded coordinator's own: its folder, its locks, and what happens when they are in the way.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public class EmbeddedTests
{
    private string _path = "";

    [SetUp]
    public void ChooseFolder() => _path = $"/dev/shm/{Path.GetRandomFileName()}";

    [TearDown]
    public void RemoveFolder()
    {
        if (Directory.Exists(_path))
            Directory.Delete(_path, recursive: true);
        File.Delete(_path);
    }

    [TestCase("local:")]
    [TestCase("local:relative")]
    [TestCase("local://dev/shm/x")]
    [TestCase("local:/")]
    [TestCase("local:/dev/..")]
    [TestCase("local:/dev/shm/x?y")]
    [TestCase("local:/dev/shm/\n")]
    public void AUrlThatNamesNoFolderIsRefused(string url) =>
        Assert.That(() => ConnectUrl.Parse(url), Throws.TypeOf<ZkArrowException>().With.Property("Status").EqualTo(ZkArrowStatus.InvalidArgument));

    [Test]
    public async Task TheFolderIsMadeForItsOwnerAndGroup()
    {
        await using (ICoordinator one = await OpenAsync())
            Assert.That(File.GetUnixFileMode(_path), Is.EqualTo(Mode("750")));
        Assert.That(Directory.EnumerateFiles(_path + "/sessions"), Is.Empty, "a closed session leaves nothing");
        Assert.That(Directory.EnumerateFiles(_path).Select(Path.GetFileName), Is.EquivalentTo(new[] { "tree.db", "commits" }));
    }

    [Test]
    public async Task WhatIsNoFolderOfOursIsRefused()
    {
        await File.WriteAllTextAsync(_path, "");
        Assert.That(await StatusAsync(_path), Is.EqualTo(ZkArrowStatus.InvalidArgument), "a file");
        Assert.That(await StatusAsync("/sys/zkarrow-test"), Is.EqualTo(ZkArrowStatus.PermissionDenied), "a file system that nobody may write");
        File.Delete(_path);
        Directory.CreateDirectory(_path);
        File.SetUnixFileMode(_path, Mode("777"));
        Assert.That(await StatusAsync(_path), Is.EqualTo(ZkArrowStatus.PermissionDenied), "a folder that everybody may write");
    }

    [Test]
    public async Task ADamagedOrForeignDatabaseIsRefused()
    {
        await (await OpenAsync()).DisposeAsync();
        byte[] good = await File.ReadAllBytesAsync(_path + "/tree.db");
        await File.WriteAllBytesAsync(_path + "/tree.db", [.. Enumerable.Repeat((byte)7, 8192)]);
        Assert.That(await StatusAsync(_path), Is.EqualTo(ZkArrowStatus.Corrupt), "bytes of nothing");
        await File.WriteAllBytesAsync(_path + "/tree.db", good[..5000]);
        Assert.That(await StatusAsync(_path), Is.EqualTo(ZkArrowStatus.Corrupt), "a part");
        File.Delete(_path + "/tree.db");
        using (SqliteDatabase other = SqliteDatabase.Open(_path + "/tree.db"))
            other.Execute("CREATE TABLE other(x)");
        Assert.That(await StatusAsync(_path), Is.EqualTo(ZkArrowStatus.Corrupt), "another program's");
    }

    [Test]
    public async Task ADatabaseTruncatedUnderAClientIsAnErrorAndNoSignal()
    {
        await using ICoordinator one = await OpenAsync();
        await one.CommitAsync([TreeOp.Create("/a", new byte[100_000])], default);
        using (FileStream file = File.OpenWrite(_path + "/tree.db"))
            file.SetLength(4096);
        await using ICoordinator two = await TryOpenAsync() ?? one;
        CoordinatorException e = (await Assert.ThrowsAsync<CoordinatorException>(async () => await one.GetAsync("/a", null, default)))!;
        Assert.That(e.Status, Is.EqualTo(ZkArrowStatus.Corrupt), e.Message);
    }

    [Test]
    public async Task AFullFileSystemIsSaidAndNothingIsLost()
    {
        Directory.CreateDirectory(_path);
        Run("mount", "-t", "tmpfs", "-o", "size=512k,mode=0750", "zkarrow-tests", _path);
        try
        {
            await using ICoordinator one = await OpenAsync();
            int made = 0;
            CoordinatorException? full = null;
            while (full == null)
            {
                try
                {
                    await one.CommitAsync([TreeOp.Create($"/n{made}", new byte[20_000])], default);
                    made++;
                }
                catch (CoordinatorException e)
                {
                    full = e;
                }
            }

            Assert.That((full.Status, full.MayBeApplied), Is.EqualTo((ZkArrowStatus.NoSpace, false)), full.Message);
            Assert.That(made, Is.GreaterThan(3));
            Assert.That((await one.ChildrenAsync("/", default))!, Has.Count.EqualTo(made));
        }
        finally
        {
            Run("umount", "--lazy", _path);
        }
    }

    [Test]
    public async Task ARemovedFolderIsNotUsedOn()
    {
        await using ICoordinator one = await OpenAsync();
        Directory.Delete(_path, recursive: true);
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await one.CommitAsync([TreeOp.Create("/a", default)], default)))!;
        Assert.That(e.Status, Is.EqualTo(ZkArrowStatus.DataLost));
    }

    [Test]
    public async Task WhoWaitsForALockedFileCanBeCancelledAndClosed()
    {
        await using ICoordinator one = await OpenAsync();
        using SqliteDatabase other = SqliteDatabase.Open(_path + "/tree.db");
        other.Execute("BEGIN EXCLUSIVE");
        using CancellationTokenSource cancel = new();
        Task<TreeAnswer> commit = one.CommitAsync([TreeOp.Create("/a", default)], cancel.Token).AsTask();
        Task<Node?> read = one.GetAsync("/a", null, default).AsTask();
        Assert.That((commit.IsCompleted, read.IsCompleted), Is.EqualTo((false, false)));
        await cancel.CancelAsync();
        CoordinatorException cancelled = (await Assert.ThrowsAsync<CoordinatorException>(() => commit))!;
        Assert.That((cancelled.Status, cancelled.MayBeApplied), Is.EqualTo((ZkArrowStatus.Cancelled, false)));
        other.Execute("COMMIT");
        Assert.That(await read, Is.Null, "a read waits until it may look");

        other.Execute("BEGIN EXCLUSIVE");
        read = one.GetAsync("/a", null, default).AsTask();
        await one.DisposeAsync();
        Assert.That((await Assert.ThrowsAsync<CoordinatorException>(() => read))!.Status, Is.EqualTo(ZkArrowStatus.InvalidHandle));
    }

    [Test]
    public async Task AClientThatOpensRemovesWhatKilledOnesLeft()
    {
        await (await OpenAsync()).DisposeAsync();
        using (ChildProcess child = ChildProcess.Start("bind", $"local:{_path}", "/bound"))
            child.Kill();
        Assert.That(Directory.EnumerateFiles(_path + "/sessions").Count(), Is.EqualTo(1));
        await using ICoordinator one = await OpenAsync();
        Assert.That(await one.ChildrenAsync("/", default), Is.Empty);
        Assert.That(Directory.EnumerateFiles(_path + "/sessions").Count(), Is.EqualTo(1), "its own");
    }

    [Test]
    public async Task WhoComesUponANodeOfAKilledSessionFindsItGone()
    {
        await using ICoordinator one = await OpenAsync();
        using (ChildProcess child = ChildProcess.Start("bind", $"local:{_path}", "/bound"))
            child.Kill();
        TreeAnswer answer = await one.CommitAsync([TreeOp.Check("/", TreeOp.Exists), TreeOp.CreateBound("/bound", default)], default);
        Assert.That(answer.Committed, Is.True);
        Assert.That((await one.GetAsync("/bound", null, default))!.SessionId, Is.EqualTo(one.SessionId));
    }

    [Test]
    public async Task AProcessKilledInTheMiddleLeavesWholeCommits()
    {
        int kills = int.Parse(Environment.GetEnvironmentVariable("ZKARROW_LOCAL_KILLS") ?? "8", null);
        await using ICoordinator one = await OpenAsync();
        await one.CommitAsync([TreeOp.Create("/a", default), TreeOp.Create("/b", default)], default);
        int before = 0;
        for (int i = 0; i < kills; i++)
        {
            using ChildProcess child = ChildProcess.Start("churn", $"local:{_path}");
            await Eventually.TrueAsync(async () => (await one.GetAsync("/a", null, default))!.StatVersion > before + 50, "the child committed");
            child.Kill();
            Node a = (await one.GetAsync("/a", null, default))!, b = (await one.GetAsync("/b", null, default))!;
            Assert.That((b.StatVersion, b.ModifiedAt), Is.EqualTo((a.StatVersion, a.ModifiedAt)));
            before = a.StatVersion;
        }

        using SqliteDatabase database = SqliteDatabase.Open(_path + "/tree.db");
        using SqliteStatement.Use check = database.Use("PRAGMA integrity_check");
        Assert.That((check.Step(), check.Text(0)), Is.EqualTo((true, "ok")));
    }

    [Test]
    public async Task WhoWasAwayForLongIsToldOfEverything()
    {
        await using ICoordinator one = await OpenAsync();
        await one.CommitAsync([TreeOp.Create("/a", default), TreeOp.Create("/b", default)], default);
        using SqliteDatabase database = SqliteDatabase.Open(_path + "/tree.db");
        LocalTree tree = new(database);
        long start = tree.LastCommit();
        for (int i = 0; i < LocalTree.Remembered; i++)
            await one.CommitAsync([TreeOp.Set("/a", default, i)], default);
        Assert.That(tree.Changes(start, out long last)!.Keys, Is.EqualTo(new[] { "/a" }));
        Assert.That(last, Is.EqualTo(start + LocalTree.Remembered));
        await one.CommitAsync([TreeOp.Set("/b", default, 0)], default);
        Assert.That(tree.Changes(start, out _), Is.Null);
        Assert.That(tree.Changes(last, out _)!.Keys, Is.EqualTo(new[] { "/b" }));
        Assert.That(database.Scalar("SELECT count(*) FROM change"), Is.LessThanOrEqualTo(LocalTree.Remembered));
    }

    [Test]
    public async Task TheAuthOptionIsRefused()
    {
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(
            async () => await ZkArrowClient.ConnectAsync($"local:{_path}", new ZkArrowOptions { Auth = "digest:a:b" })))!;
        Assert.That(e.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
    }

    private async Task<ICoordinator> OpenAsync() => await LocalCoordinator.OpenAsync(_path, default);

    private async Task<ICoordinator?> TryOpenAsync()
    {
        try
        {
            return await OpenAsync();
        }
        catch (CoordinatorException e) when (e.Status == ZkArrowStatus.Corrupt)
        {
            return null;
        }
    }

    private static async Task<ZkArrowStatus> StatusAsync(string path)
    {
        ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await (await ZkArrowClient.ConnectAsync($"local:{path}")).DisposeAsync()))!;
        return e.Status;
    }

    private static UnixFileMode Mode(string octal) => (UnixFileMode)Convert.ToInt32(octal, 8);

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{program} {string.Join(' ', arguments)}");
    }
}
