using System.Diagnostics;
using NUnit.Framework;
using ZkArrow.Cli.Doctor;
using ZkArrow.Cli.Doctor.Checks;
using ZkArrow.Segments;

namespace ZkArrow.Cli.Tests;

/// <summary>Each check of the host finds the fault it is there for, and is content without it.</summary>
public sealed class HostCheckTests : HostFixture
{
    private const string Skip = "ZKARROW_SKIP_MOUNT_TESTS";

    [TestCase("size=64g", "always [advise] never", "warn mount -o remount,huge=within_size /dev/shm")]
    [TestCase("huge=advise,size=64g", "always [never]", "warn mount -o remount,huge=within_size /dev/shm")]
    [TestCase("huge=within_size", "always [deny]", "warn echo never > /sys/kernel/mm/transparent_hugepage/shmem_enabled")]
    [TestCase("huge=within_size", "always [never]", "ok ")]
    [TestCase("size=64g", "always [force]", "ok ")]
    [TestCase("size=64g", null, "ok ")]
    public async Task Huge_pages(string options, string? kernel, string expected)
    {
        PlantTmpfs(options);
        if (kernel != null)
            Plant("/sys/kernel/mm/transparent_hugepage/shmem_enabled", kernel + "\n");
        Assert.That(Short(await LookAsync(new HugePages(), Planted, Data)), Is.EqualTo(expected));
    }

    [Test]
    public void The_last_of_two_mounts_at_one_place_counts()
    {
        Plant("/proc/self/mountinfo", "1 0 8:1 / / rw - ext4 a rw\n2 1 0:2 / /dev/shm rw - tmpfs b size=1k\n3 2 0:3 / /dev/shm rw - tmpfs c size=2k\n4 1 0:4 / /dev/shm2 rw - nfs d rw\n");
        Assert.That(Mount.Of("/dev/shm/x", Planted)!.Options, Is.EqualTo((string[])["size=2k"]));
        Assert.That(Mount.Of("/dev/shm2", Planted)!.Type, Is.EqualTo("nfs"));
        Assert.That(Mount.Of("/home", Planted)!.Point, Is.EqualTo("/"));
    }

    [TestCase("0::/app/one\n", "/sys/fs/cgroup/app/memory.max", "1048576\n", "Warn")]
    [TestCase("0::/app/one\n", "/sys/fs/cgroup/memory.max", "1048576\n", "Warn")]
    [TestCase("5:cpu,memory:/app\n", "/sys/fs/cgroup/memory/app/memory.limit_in_bytes", "1048576\n", "Warn")]
    [TestCase("5:memory:/app\n", "/sys/fs/cgroup/memory/app/memory.limit_in_bytes", "9223372036854771712\n", "Ok")]
    [TestCase("0::/app/one\n", "/sys/fs/cgroup/app/memory.max", "max\n", "Ok")]
    public async Task Memory_limit(string groups, string file, string limit, string expected)
    {
        PlantTmpfs("size=64g");
        Plant("/proc/self/cgroup", groups);
        Plant(file, limit);
        Finding finding = await LookAsync(new MemoryLimit(), Planted, Data);
        Assert.That($"{finding.Verdict}", Is.EqualTo(expected), finding.Message);
        if (expected == "Warn")
            Assert.That(finding.Message, Does.Contain(file).And.Contain("1 MiB"));
    }

    [TestCase(1000u, "", ExpectedResult = "warn")]
    [TestCase(1000u, "/etc/systemd/logind.conf=#RemoveIPC=no", ExpectedResult = "warn")]
    [TestCase(1000u, "/etc/systemd/logind.conf=RemoveIPC=no", ExpectedResult = "ok")]
    [TestCase(1000u, "/etc/systemd/logind.conf=RemoveIPC=no|/etc/systemd/logind.conf.d/b.conf=RemoveIPC=yes", ExpectedResult = "warn")]
    [TestCase(1000u, "/usr/lib/systemd/logind.conf.d/b.conf=RemoveIPC=yes|/etc/systemd/logind.conf.d/b.conf=RemoveIPC = off", ExpectedResult = "ok")]
    [TestCase(1000u, "/etc/systemd/logind.conf.d/a.conf=RemoveIPC=yes|/usr/lib/systemd/logind.conf.d/b.conf=RemoveIPC=no", ExpectedResult = "ok")]
    [TestCase(100u, "", ExpectedResult = "ok")]
    public string Remove_ipc(uint owner, string files)
    {
        foreach (string[] file in files.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(file => file.Split('=', 2)))
            Plant(file[0], $"[Login]\n{file[1]}\n");
        return Short(RemoveIpc.Judge(Planted, Data, owner)).Split(' ')[0];
    }

    [Test]
    public async Task Remove_ipc_matters_where_systemd_runs()
    {
        Assert.That((await LookAsync(new RemoveIpc(), Planted, Data)).Message, Does.Contain("systemd does not run"));
        Assert.That((await LookAsync(new RemoveIpc(), Planted, "/var/lib/zkarrow")).Message, Does.Contain("not below /dev/shm"));
    }

    [Test]
    public async Task Limits_are_those_of_whoever_started_the_command()
    {
        Plant("/proc/self/status", "Name:\tzkarrow\nPPid:\t77\n");
        Plant("/proc/self/limits", "Max open files            100000               100000               files\n");
        Plant("/proc/77/limits", "Max cpu time              unlimited            unlimited            seconds\nMax open files            256                  4096                 files\n");
        Plant("/proc/sys/vm/max_map_count", "1000\n");
        IReadOnlyList<Finding> findings = await new ProcessLimits().LookAsync(new Examination(new DoctorRequest(null, Data, TimeSpan.Zero), Planted, null), default);
        Assert.That(findings.Select(Short), Is.EqualTo((string[])["warn ulimit -n 65536 (LimitNOFILE= of a systemd unit)", "warn sysctl -w vm.max_map_count=131060"]));
        Plant("/proc/77/limits", "Max open files            1024                 4096                 files\n");
        Plant("/proc/sys/vm/max_map_count", "65530\n");
        findings = await new ProcessLimits().LookAsync(new Examination(new DoctorRequest(null, Data, TimeSpan.Zero), Planted, null), default);
        Assert.That(findings.Select(finding => finding.Verdict), Is.All.EqualTo(Verdict.Ok));
    }

    [Test]
    public async Task Rights_that_clients_refuse_too()
    {
        Assert.That((await LookAsync(new DirectoryRights(), Real, Data)).Verdict, Is.EqualTo(Verdict.Ok));
        File.SetUnixFileMode(Data, (UnixFileMode)0x1FF); // 0777
        Finding finding = await LookAsync(new DirectoryRights(), Real, Data);
        Assert.That(Short(finding), Is.EqualTo($"fail chmod o-w {Data}"));
        Assert.That(() => DataDirectory.Open(Data, "unused"), Throws.TypeOf<ZkArrowException>());
        Directory.Delete(Data);
        Assert.That((await LookAsync(new DirectoryRights(), Real, Data)).Message, Does.Contain("the first client makes it"));
        Assert.That((await LookAsync(new DirectoryRights(), Real, Data + "/x/y")).Verdict, Is.EqualTo(Verdict.Warn));
        File.WriteAllText(Data, "");
        Assert.That((await LookAsync(new DirectoryRights(), Real, Data)).Message, Does.Contain("is not a directory"));
        File.Delete(Data);
    }

    [TestCase(0x01021994, ExpectedResult = "Ok")]
    [TestCase(0xEF53, ExpectedResult = "Ok")]
    [TestCase(0x794C7630, ExpectedResult = "Warn")]
    [TestCase(0x958458F6, ExpectedResult = "Fail")]
    [TestCase(0x6969, ExpectedResult = "Fail")]
    [TestCase(0xFE534D42, ExpectedResult = "Fail")]
    [TestCase(0x65735546, ExpectedResult = "Fail")]
    public string A_file_system(long type) => $"{FileSystemKind.Judge("x", type).Verdict}";

    [Test]
    public async Task The_file_system_of_a_real_place()
    {
        Assert.That((await LookAsync(new FileSystemKind(), Real, Data)).Message, Does.Contain("mounted at /dev/shm) is on tmpfs"));
        Assert.That((await LookAsync(new FileSystemKind(), Real, Data + "/not/there")).Message, Does.Contain("is on tmpfs"));
    }

    [Test]
    public async Task A_containers_64_MiB_and_a_full_one()
    {
        if (Environment.GetEnvironmentVariable(Skip) == "1")
            Assert.Ignore($"{Skip}=1");
        Run("mount", "-t", "tmpfs", "-o", "size=64m", "zkarrow-tests", Data);
        try
        {
            Assert.That((await LookAsync(new DockerSharedMemory(), Real, Data)).Fix, Does.Contain("--shm-size"));
            Assert.That((await LookAsync(new Space(), Real, Data)).Message, Is.EqualTo($"{Data} has 64 MiB free of 64 MiB."));
            File.WriteAllBytes($"{Data}/x", new byte[60 << 20]);
            Assert.That(Short(await LookAsync(new Space(), Real, Data)), Is.EqualTo($"warn drop old versions, or mount -o remount,size=1G {Data}"));
            File.WriteAllBytes($"{Data}/y", new byte[4 << 20]);
            Assert.That((await LookAsync(new Space(), Real, Data)).Verdict, Is.EqualTo(Verdict.Fail));
            Run("mount", "-o", "remount,size=65m", Data);
            Assert.That((await LookAsync(new DockerSharedMemory(), Real, Data)).Verdict, Is.EqualTo(Verdict.Ok));
        }
        finally
        {
            Run("umount", "--lazy", Data);
        }
    }

    [TestCase("3.8.0", ExpectedResult = "ZOOKEEPER-4785")]
    [TestCase("3.6.3", ExpectedResult = "ZOOKEEPER-4785")]
    [TestCase("3.8.4", ExpectedResult = "ZOOKEEPER-4785")]
    [TestCase("3.8.5", ExpectedResult = null)]
    [TestCase("3.9.1", ExpectedResult = "ZOOKEEPER-4785")]
    [TestCase("3.9.2", ExpectedResult = "ZOOKEEPER-4394")]
    [TestCase("3.9.3", ExpectedResult = "ZOOKEEPER-4925")]
    [TestCase("3.9.4", ExpectedResult = null)]
    [TestCase("3.10.0", ExpectedResult = null)]
    public string? A_version_with_its_bug(string version)
    {
        Finding finding = ServerVersions.Judge("zk1:2181", $"Zookeeper version: {version}-e3704b39, built on 2024\nLatency: 0");
        Assert.That(finding.Message, Does.Contain($"ZooKeeper {version}"));
        return finding.Verdict == Verdict.Ok ? null : System.Text.RegularExpressions.Regex.Match(finding.Message, @"ZOOKEEPER-\d+").Value;
    }

    [Test]
    public void A_server_that_does_not_tell() => Assert.Multiple(() =>
    {
        Assert.That(Short(ServerVersions.Judge("x", "srvr is not executed because it is not in the whitelist.\n")), Is.EqualTo("skip 4lw.commands.whitelist=srvr in zoo.cfg"));
        Assert.That(Short(ServerVersions.Judge("x", "HTTP/1.1 400 Bad Request")), Is.EqualTo("skip "));
        Assert.That(Short(ServerVersions.Judge("x", "")), Is.EqualTo("skip "));
    });

    private static string Short(Finding finding) => $"{finding.Verdict.ToString().ToLowerInvariant()} {finding.Fix}";

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        Assert.That(process.WaitForExit(TimeSpan.FromSeconds(30)) && process.ExitCode == 0, Is.True, $"{program} failed: run as root, or set {Skip}=1");
    }
}
