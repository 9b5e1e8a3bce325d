using ZkArrow.Datasets;

namespace ZkArrow;

/// <summary>
/// A consistent cut over several datasets: the versions that were their heads at one commit, never one half of a transaction. It
/// holds all of them from the moment it is made, so that nothing can vanish under it. Any thread may use it.
/// </summary>
public sealed class ZkArrowSnapshot : IDisposable
{
    private readonly Dictionary<string, HeldVersion> _held;
    private readonly Lock _changing = new();
    private bool _closed;

    internal ZkArrowSnapshot(long commitNumber, IReadOnlyList<HeldVersion> held)
    {
        CommitNumber = commitNumber;
        _held = held.ToDictionary(version => version.Name, StringComparer.Ordinal);
        Versions = held.ToDictionary(version => version.Name, version => version.Version, StringComparer.Ordinal);
    }

    /// <summary>
    /// The commit that it is a cut at: the last that changed one of its datasets, or the one that was asked for. <see cref="AsOf.Commit(long)"/>
    /// takes it, for the same cut later as long as its versions can be read. 0 when it has no dataset.
    /// </summary>
    public long CommitNumber { get; }

    /// <summary>The version of each dataset, by name.</summary>
    public IReadOnlyDictionary<string, DatasetVersion> Versions { get; }

    /// <summary>The table of a dataset, any number of times; waits for nothing. The caller disposes it, before or after the snapshot.</summary>
    /// <param name="name">A dataset of the snapshot.</param>
    /// <exception cref="ZkArrowException">
    /// NotFound (not in the snapshot); NotResident, DataLost or Corrupt when its bytes could not be had when the snapshot was made.
    /// </exception>
    public ZkArrowTable Read(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_changing)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            HeldVersion held = _held.GetValueOrDefault(name) ?? throw Missing(name);
            return held.Table?.Share() ?? throw new ZkArrowException(held.Fault!.Status, held.Fault.Message, held.Fault);
        }
    }

    internal DatasetVersion VersionOf(string name) => Versions.GetValueOrDefault(name) ?? throw Missing(name);

    /// <summary>Lets go of all versions. Tables got from it stay valid. Doing it twice is fine.</summary>
    public void Dispose()
    {
        lock (_changing)
        {
            if (_closed)
                return;
            _closed = true;
            foreach (HeldVersion held in _held.Values)
                held.Table?.Dispose();
        }
    }

    private static ZkArrowException Missing(string name) =>
        new(ZkArrowStatus.NotFound, $"the dataset '{name}' is not in the snapshot; name it when the snapshot is made");
}
