using System.Globalization;
using ZkArrow.Segments;

namespace ZkArrow.Cli.Doctor;

/// <summary>A lock that a process holds on a file, as <c>/proc/locks</c> has it.</summary>
/// <param name="Process">Who took it; 0 or less when that is in another container.</param>
/// <param name="Device">Major and minor number of the file's device.</param>
/// <param name="Inode">The file.</param>
internal sealed record FileLock(int Process, (uint Major, uint Minor) Device, ulong Inode)
{
    public bool IsOn(in Libc.FileStatus file) => (file.DeviceMajor, file.DeviceMinor, file.Inode) == (Device.Major, Device.Minor, Inode);

    /// <summary>The locks by which segments are pinned: held, by <c>flock</c>, shared.</summary>
    public static IReadOnlyList<FileLock> Pins(HostFiles host) => [.. host.Lines("/proc/locks").Select(Parse).OfType<FileLock>()];

    // 1: FLOCK  ADVISORY  READ 15548 fe:00:11788341 0 EOF
    private static FileLock? Parse(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is not [_, "FLOCK", _, "READ", var process, var file, ..] || file.Split(':') is not [var major, var minor, var inode])
            return null;
        return int.TryParse(process, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int id)
            && uint.TryParse(major, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint high)
            && uint.TryParse(minor, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint low)
            && ulong.TryParse(inode, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
                ? new FileLock(id, (high, low), number)
                : null;
    }
}
