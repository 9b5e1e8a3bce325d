using NUnit.Framework;
using ZkArrow.Cli.Doctor;

namespace ZkArrow.Cli.Tests;

/// <summary>A data directory on tmpfs and a planted host of its own for each test.</summary>
[NonParallelizable]
public abstract class HostFixture
{
    private string _root = null!;

    protected string Data { get; private set; } = null!;

    [SetUp]
    public void MakeHost()
    {
        _root = Directory.CreateTempSubdirectory("zkarrow-host-").FullName + "/";
        Data = $"/dev/shm/zkarrow-cli-tests-{Guid.NewGuid():N}";
        Directory.CreateDirectory(Data, (UnixFileMode)0x1E8); // 0750
    }

    [TearDown]
    public void RemoveHost()
    {
        Directory.Delete(_root, recursive: true);
        if (Directory.Exists(Data))
            Directory.Delete(Data, recursive: true);
    }

    private protected HostFiles Planted => new(_root);

    private protected static HostFiles Real => new("/");

    private protected void Plant(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_root + path.TrimStart('/'))!);
        File.WriteAllText(_root + path.TrimStart('/'), text);
    }

    private protected void PlantTmpfs(string options) => Plant("/proc/self/mountinfo", $"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n25 1 0:23 / /dev/shm rw,nosuid shared:3 - tmpfs tmpfs rw,{options}\n");

    private protected static async Task<Finding> LookAsync(ICheck check, HostFiles host, string data, CoordinatorLink? link = null) =>
        (await check.LookAsync(new Examination(new DoctorRequest(null, data, TimeSpan.FromSeconds(30)), host, link), CancellationToken.None)).Single();
}
