namespace ZkArrow.Cli.Doctor.Checks;

/// <summary>Whether there is room for the next version.</summary>
internal sealed class Space : HostCheck
{
    private const int LittlePercent = 10;

    public override string Name => "space";

    protected override Finding Look(Examination examination)
    {
        if (examination.FileSystem is not { } system)
            return Finding.Skip($"The file system of {examination.Place} could not be asked for.");
        bool isTmpfs = examination.Mount is { IsTmpfs: true };
        string point = examination.Mount?.Point ?? examination.Place;
        if (system.Blocks == 0)
            return Finding.Warn($"{point} has no limit: segments can take all memory.", $"mount -o remount,size=50% {point}");
        long free = system.BlocksAvailable * system.BlockSize, size = system.Blocks * system.BlockSize;
        long pooled = examination.Directories.Sum(directory => directory.Pool.Bytes);
        string message = $"{point} has {Sizes.Bytes(free)} free of {Sizes.Bytes(size)}"
            + (pooled > 0 ? $", and {Sizes.Bytes(pooled)} in pools, which publishers use first" : "");
        string fix = isTmpfs
            ? $"drop old versions, or mount -o remount,size={Math.Max(1, size >> 29)}G {point}"
            : "drop old versions, or enlarge the file system";
        if (system.BlocksAvailable == 0)
            return Finding.Fail($"{message}: nothing can be published.", fix);
        return free < size / 100 * LittlePercent ? Finding.Warn($"{message}.", fix) : Finding.Ok($"{message}.");
    }
}
