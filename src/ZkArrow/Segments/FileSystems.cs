namespace ZkArrow.Segments;

/// <summary>What <c>statfs</c> calls the file systems.</summary>
internal static class FileSystems
{
    /// <summary>
    /// The name of a file system on which mappings, locks and renames of two hosts (or of a server in user space) do
    /// not see each other at once; null for one that is safe, or unknown.
    /// </summary>
    /// <param name="type"><c>f_type</c>; only 32 bits count, because some kernels extend the sign.</param>
    internal static string? NetworkName(long type) => (uint)type switch
    {
        0x6969 => "NFS",
        0x517B => "SMB",
        0xFE534D42 => "SMB2",
        0xFF534D42 => "CIFS",
        0x01021997 => "9p",
        0x65735546 => "FUSE (sshfs, virtiofs and others)",
        0x00C36400 => "Ceph",
        0x5346414F or 0x6B414653 => "AFS",
        0x73757245 => "Coda",
        0x564C => "NCP",
        0x0BD00BD0 => "Lustre",
        0x01161970 => "GFS2",
        0x7461636F => "OCFS2",
        0x47504653 => "GPFS",
        0x786F4256 => "VirtualBox shared folder",
        0xBACBACBC => "VMware shared folder",
        _ => null,
    };

    /// <summary>A name for messages.</summary>
    internal static string Name(long type) => NetworkName(type) ?? (uint)type switch
    {
        0x01021994 => "tmpfs",
        0xEF53 => "ext4",
        0x58465342 => "XFS",
        0x9123683E => "Btrfs",
        0x794C7630 => "overlayfs",
        0x2FC12FC1 => "ZFS",
        0x858458F6 => "ramfs",
        0x958458F6 => "hugetlbfs",
        uint other => $"of type 0x{other:X}",
    };
}
