namespace ZkArrow.ZooKeeper;

/// <summary>The rules for paths, checked before a server has to.</summary>
internal static class ZkPath
{
    public static void Validate(string path, bool sequential = false)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Problem(path, sequential) is { } problem)
            throw new ArgumentException($"Path '{path}' {problem}.", nameof(path));
    }

    /// <summary>Says what is wrong with a path, or null. A sequential path may end in '/': the server appends digits.</summary>
    public static string? Problem(string path, bool sequential)
    {
        if (path.Length == 0)
            return "is empty; it must start with '/'";
        if (path[0] != '/')
            return "does not start with '/'";
        if (path.Length == 1)
            return null;
        int start = 1;
        for (int i = 1; i <= path.Length; i++)
        {
            if (i < path.Length && path[i] != '/')
            {
                char c = path[i];
                if (c is < ' ' or (>= '\u007f' and <= '\u009f') or >= '\ufff0')
                    return $"contains the character U+{(int)c:X4} at {i}";
                // ZooKeeper refuses every surrogate, paired or not: names outside the basic plane do not exist there
                if (char.IsSurrogate(c))
                    return $"contains a character outside the basic plane at {i}";
                if (c is >= '\ue000' and <= '\uf8ff')
                    return $"contains the private character U+{(int)c:X4} at {i}";
                continue;
            }

            ReadOnlySpan<char> segment = path.AsSpan(start, i - start);
            if (segment.Length == 0 && !(sequential && i == path.Length))
                return i == path.Length ? "ends in '/'" : $"has an empty segment at {i}";
            if (segment is "." or "..")
                return $"has the relative segment '{segment}' at {start}";
            start = i + 1;
        }

        return null;
    }

    public static string ToServer(string chroot, string path) =>
        chroot.Length == 0 ? path : path.Length == 1 ? chroot : chroot + path;

    public static string ToClient(string chroot, string path)
    {
        if (chroot.Length == 0 || !path.StartsWith(chroot, StringComparison.Ordinal))
            return path;
        if (path.Length == chroot.Length)
            return "/";
        return path[chroot.Length] == '/' ? path[chroot.Length..] : path;
    }
}
