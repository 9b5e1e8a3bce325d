using System.Runtime.Versioning;
using NUnit.Framework;
using ZkArrow.Segments;

namespace ZkArrow.Tests.Segments;

[TestFixture]
[SupportedOSPlatform("linux")]
public sealed unsafe class DataDirectoryTests : SegmentFixture
{
    [Test]
    public void The_default_is_a_directory_of_this_user_and_namespace()
    {
        string ns = $"test-{Guid.NewGuid():N}";
        DataDirectory data = DataDirectory.Open(null, ns);
        try
        {
            Assert.That(data.Path, Does.StartWith(Directory.Exists("/run/zkarrow") ? "/run/zkarrow/" : "/dev/shm/zkarrow-"));
            Assert.That(data.Path, Does.EndWith($"/{ns}"));
            Assert.That((int)File.GetUnixFileMode(data.Path), Is.EqualTo(Convert.ToInt32("2750", 8)));
        }
        finally
        {
            Directory.Delete(data.Path);
        }
    }

    [TestCase("")]
    [TestCase("..")]
    [TestCase("a/b")]
    public void A_namespace_that_is_not_one_name_is_refused(string ns) =>
        Assert.That(Failure(() => DataDirectory.Open(null, ns)).Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));

    [Test]
    public void A_file_in_its_place_is_refused()
    {
        File.WriteAllText($"{Data.Path}/file", "");
        Assert.That(Failure(() => DataDirectory.Open($"{Data.Path}/file", "x")).Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(Failure(() => DataDirectory.Open($"{Data.Path}/file/below", "x")).Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
    }

    [Test]
    public void A_directory_that_everybody_may_write_is_refused()
    {
        File.SetUnixFileMode(Data.Path, (UnixFileMode)Convert.ToInt32("777", 8));
        Assert.That(Failure(() => DataDirectory.Open(Data.Path, "x")).Status, Is.EqualTo(ZkArrowStatus.PermissionDenied));
    }

    [Test]
    public void A_private_directory_of_another_user_is_refused_and_one_for_a_group_is_not()
    {
        RequireRoot();
        Run("chown", "12345:0", Data.Path);
        File.SetUnixFileMode(Data.Path, (UnixFileMode)Convert.ToInt32("2700", 8));
        ZkArrowException error = Failure(() => DataDirectory.Open(Data.Path, "x"));
        Assert.That(error.Status, Is.EqualTo(ZkArrowStatus.PermissionDenied));
        Assert.That(error.Message, Does.Contain("user 12345 with mode 2700"));
        File.SetUnixFileMode(Data.Path, (UnixFileMode)Convert.ToInt32("2750", 8));
        Assert.That(DataDirectory.Open(Data.Path, "x").Path, Is.EqualTo(Data.Path));
    }

    [TestCase(0x6969, "NFS")]
    [TestCase(0xFF534D42, "CIFS")]
    [TestCase(unchecked((int)0xFF534D42), "CIFS")]
    [TestCase(0xFE534D42, "SMB2")]
    [TestCase(0x01021997, "9p")]
    [TestCase(0x65735546, "FUSE (sshfs, virtiofs and others)")]
    [TestCase(0x00C36400, "Ceph")]
    public void Network_file_systems_are_known(long type, string name) =>
        Assert.That(FileSystems.NetworkName(type), Is.EqualTo(name));

    [TestCase(0x01021994, "tmpfs")]
    [TestCase(0xEF53, "ext4")]
    [TestCase(0x58465342, "XFS")]
    [TestCase(0x1234567, "of type 0x1234567")]
    public void Local_file_systems_are_allowed(long type, string name)
    {
        Assert.That(FileSystems.NetworkName(type), Is.Null);
        Assert.That(FileSystems.Name(type), Is.EqualTo(name));
    }

    [Test]
    public void A_full_directory_is_an_error_before_the_first_byte_and_leaves_nothing() => OnSmallTmpfs("size=16m", small =>
    {
        long free = small.FreeBytes;
        Assert.That(free, Is.InRange(15L << 20, 16L << 20));
        ZkArrowException error = Failure(
            () => small.Write(NewName(), 17 << 20, _ => Assert.Fail("nothing may be written")));
        Assert.That(error.Status, Is.EqualTo(ZkArrowStatus.NoSpace));
        Assert.That(error.Message, Does.Contain(small.Path).And.Contain($"{17 << 20} bytes").And.Contain("enlarge"));
        Assert.That(small.List(), Is.Empty);
        Assert.That(small.FreeBytes, Is.EqualTo(free));

        string name = Write(small, 12 << 20);
        Assert.That(small.FreeBytes, Is.EqualTo(free - (12 << 20)));
        Assert.That(Failure(() => WritePinned(small, NewName(), 5 << 20)).Status, Is.EqualTo(ZkArrowStatus.NoSpace));
        small.Unlink(name);
        Assert.That(small.FreeBytes, Is.EqualTo(free));
    });

    [Test]
    public void Writers_that_compete_for_the_last_space_lose_it_whole_or_not_at_all() => OnSmallTmpfs("size=16m", small =>
    {
        string warm = Write(small, 10);
        long free = small.FreeBytes;
        for (int round = 0; round < 50; round++)
        {
            int full = 0, other = 0;
            using var start = new Barrier(4);
            Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
            {
                start.SignalAndWait();
                try
                {
                    small.Write(NewName(), 7 << 20, sink => sink.Zeros(7 << 20));
                }
                catch (ZkArrowException e)
                {
                    Interlocked.Increment(ref e.Status == ZkArrowStatus.NoSpace ? ref full : ref other);
                }
            }))];
            foreach (Thread thread in threads)
                thread.Start();
            foreach (Thread thread in threads)
                Assert.That(thread.Join(TimeSpan.FromSeconds(60)), Is.True);
            Assert.That(other, Is.Zero);
            Assert.That(small.List(), Has.Count.EqualTo(5 - full));
            Assert.That(full, Is.AtLeast(2));
            small.Candidates(TimeSpan.Zero).RemoveNow(name => name == warm);
            Assert.That(small.FreeBytes, Is.EqualTo(free));
        }
    });

    [Test]
    public void A_killed_writer_gives_all_space_back() => OnSmallTmpfs("size=16m", small =>
    {
        Write(small, 10);
        long free = small.FreeBytes;
        using ChildProcess child = ChildProcess.Start("write", small.Path, NewName(), $"{8 << 20}");
        Assert.That(small.FreeBytes, Is.EqualTo(free - (8 << 20)));
        child.Kill();
        Assert.That(small.FreeBytes, Is.EqualTo(free));
    });

    [Test]
    public void A_file_system_without_room_for_another_file_says_so() => OnSmallTmpfs("size=16m,nr_inodes=4", small =>
    {
        ZkArrowException? error = null;
        for (int i = 0; i < 10 && error is null; i++)
            try
            {
                Write(small, 10);
            }
            catch (ZkArrowException e)
            {
                error = e;
            }

        Assert.That(error?.Status, Is.EqualTo(ZkArrowStatus.NoSpace));
        Assert.That(error!.Message, Does.Contain("another file"));
    });

    [Test]
    public void A_file_system_without_unnamed_files_is_named()
    {
        RequireRoot();
        // ramfs has unnamed files but reserves nothing
        string path = $"{Data.Path}/mount";
        Directory.CreateDirectory(path);
        Run("mount", "-t", "ramfs", "-o", "mode=0750", "ramfs", path);
        try
        {
            ZkArrowException error = Failure(() => WritePinned(DataDirectory.Open(path, "x"), NewName(), 1 << 20));
            Assert.That(error.Status, Is.EqualTo(ZkArrowStatus.Unsupported));
            Assert.That(error.Message, Does.Contain("ramfs"));
        }
        finally
        {
            Run("umount", path);
        }
    }

    private void OnSmallTmpfs(string options, Action<DataDirectory> test)
    {
        RequireRoot();
        string path = $"{Data.Path}/mount";
        Directory.CreateDirectory(path);
        Run("mount", "-t", "tmpfs", "-o", $"{options},mode=2750", "tmpfs", path);
        try
        {
            test(DataDirectory.Open(path, "x"));
        }
        finally
        {
            // fails while anything of it is still open or mapped
            Run("umount", path);
        }
    }
}
