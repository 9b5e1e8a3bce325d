namespace ZkArrow.Segments;

internal sealed partial class DataDirectory
{
    /// <summary>
    /// Makes the file of a loan: unnamed, so that a crash leaves nothing, wholly allocated, and locked so that no sweeper
    /// takes it once it is linked.
    /// </summary>
    internal SegmentPin CreateLoan(long length)
    {
        SpaceBudget.Reservation? room = Budget?.Take(length, $"a loan in {Path}");
        try
        {
            SegmentPin file = WithPooledSpace(() => CreateLoanFile(length));
            file.Reservation = room;
            return file;
        }
        catch
        {
            room?.Dispose();
            throw;
        }
    }

    private SegmentPin CreateLoanFile(long length)
    {
        string what = $"a loan in {Path}";
        SegmentPin file = CreateUnnamed(Path);
        try
        {
            Allocate(file.Descriptor, 0, length, what);
            if (Libc.fchmod(file.Descriptor, SegmentMode) != 0)
                throw LibcError.Make("Setting the mode of", what);
            if (!file.TryLock(what))
                throw new ZkArrowException(ZkArrowStatus.Internal, $"The unnamed file of {what} was found locked; report it with this message.");
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Gives the file of a loan its name, which the kernel allows once.</summary>
    internal void LinkLoan(SegmentPin file, string name)
    {
        SegmentName.Check(name);
        string path = $"{Path}/{name}";
        string directory = path[..path.LastIndexOf('/')];
        Link(file.Descriptor, directory, path);
        file.Reservation?.Dispose();
    }
}
