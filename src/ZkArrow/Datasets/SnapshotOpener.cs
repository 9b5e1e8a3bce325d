using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>
/// Chooses one version of each of many datasets so that all were heads at one commit, and takes hold of them.
/// <para>
/// A head that was read by commit r is what it is from the commit that set it up to r. So all heads were as read at the lowest r,
/// N, but for those set after N: of these the version before is looked up. One round of reads is enough however many writers
/// there are, where reading again what changed need not come to an end.
/// </para>
/// </summary>
internal sealed class SnapshotOpener(HeadSet heads, Catalog catalog, VersionFinder finder, Reader reader)
{
    /// <summary>Each dataset costs a mapping for each of its segments; a process may have some 65,000.</summary>
    public const int MaxDatasets = 4096;

    /// <summary>A cut of the datasets named, or of all there are.</summary>
    public async ValueTask<ZkArrowSnapshot> OpenAsync(IReadOnlyList<string>? names, AsOf? asOf, bool validateFull, Call call)
    {
        if (names != null)
            CheckNames(names);
        while (true)
        {
            IReadOnlyList<string> chosen = names ?? await AllAsync(call).ConfigureAwait(false);
            CutDataset?[] read = await heads.ReadAsync(chosen, call.Token).ConfigureAwait(false);
            if (names == null && !chosen.SequenceEqual(await AllAsync(call).ConfigureAwait(false)))
                continue; // one was made or dropped meanwhile, perhaps together with a change of another
            if (names != null && Array.IndexOf(read, null) is >= 0 and int missing)
                throw Reader.Missing(names[missing]);
            CutDataset[] datasets = [.. read.OfType<CutDataset>()];
            if (datasets.Length < read.Length)
                continue;
            long readAt = datasets.Length == 0 ? 0 : datasets.Min(dataset => dataset.ReadAt);
            long commit = asOf is { } moment ? await ResolveAsync(datasets, moment, readAt, call).ConfigureAwait(false) : readAt;
            if (await ChooseAsync(datasets, commit, asOf, all: names == null, call).ConfigureAwait(false) is not { } versions)
                continue;
            if (await reader.HoldAsync(versions, validateFull, call.Token).ConfigureAwait(false) is not { } held)
                continue;
            return new ZkArrowSnapshot(asOf is null ? versions.Select(version => version.Manifest.CommitNumber).DefaultIfEmpty().Max() : commit, held);
        }
    }

    public static ZkArrowException TooMany(long count) =>
        new(ZkArrowStatus.TooLarge, $"{count} datasets were named, more than the {MaxDatasets} of one snapshot; take several");

    /// <summary>The commit that a moment means; nothing that was read is older than the latest that it can mean.</summary>
    private async ValueTask<long> ResolveAsync(CutDataset[] datasets, AsOf moment, long readAt, Call call)
    {
        if (moment.CommitNumber is { } number)
        {
            return number <= readAt || datasets.Length == 0
                ? number
                : throw new ZkArrowException(ZkArrowStatus.NotFound, $"commit {number} has not been made yet, the coordinator is at {readAt}; the number may be of another namespace") { IsRetryable = true };
        }

        long us = moment.PointInTime is { } time ? (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond : 0;
        long?[] found = await Catalog.ForEachAsync(
            datasets,
            (dataset, token) => finder.NewestAsync(
                dataset.Incarnation,
                dataset.Head,
                moment.CommitId is { } id ? manifest => manifest.Commit == id : manifest => manifest.AtUs <= us,
                token),
            call.Token).ConfigureAwait(false);
        return found.Max() ?? throw new ZkArrowException(
            ZkArrowStatus.NotFound,
            moment.CommitId != null
                ? $"no version that can still be read was made by {moment}; give a commit of one of the datasets asked for"
                : $"no version that can still be read was published by {moment}; ask for a later time");
    }

    /// <summary>The version of each dataset at a commit; null when what was chosen went away and another commit must be chosen.</summary>
    private async ValueTask<IReadOnlyList<ChosenVersion>?> ChooseAsync(CutDataset[] datasets, long commit, AsOf? asOf, bool all, Call call)
    {
        VersionThen[] then = await Catalog.ForEachAsync(
            datasets, (dataset, token) => finder.AtCommitAsync(dataset.Incarnation, dataset.Head, commit, token), call.Token).ConfigureAwait(false);
        List<ChosenVersion> chosen = [];
        for (int i = 0; i < datasets.Length; i++)
        {
            CutDataset dataset = datasets[i];
            if (then[i].Version is { } manifest)
                chosen.Add(new ChosenVersion(dataset.Name, dataset.Incarnation, manifest));
            else if (asOf == null && (then[i].Gone || dataset.MadeAt > commit || dataset.Head.Version > 0))
                return null; // made since, or a version that was dropped since: later it is another cut
            else if (then[i].Gone)
                throw new ZkArrowException(ZkArrowStatus.NotFound, $"the version of '{dataset.Name}' as of {asOf} can no longer be read; it was dropped or expired");
            else if (all)
                continue;
            else if (asOf == null)
                throw Reader.NoVersion(dataset.Name);
            else
                throw new ZkArrowException(ZkArrowStatus.NotFound, $"the dataset '{dataset.Name}' had no version as of {asOf}; ask for a later moment");
        }

        return chosen;
    }

    private async ValueTask<IReadOnlyList<string>> AllAsync(Call call)
    {
        IReadOnlyList<string> names = await catalog.NamesAsync(null, call.Token).ConfigureAwait(false);
        return names.Count <= MaxDatasets
            ? names
            : throw new ZkArrowException(ZkArrowStatus.TooLarge, $"the namespace has {names.Count} datasets, more than the {MaxDatasets} of one snapshot; name those you need");
    }

    private static void CheckNames(IReadOnlyList<string> names)
    {
        if (names.Count > MaxDatasets)
            throw TooMany(names.Count);
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string name in names)
        {
            if (name == null)
                throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "a dataset name was null; name each dataset, or none for all");
            DatasetName.Validate(name);
            if (!seen.Add(name))
                throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"the dataset '{name}' was named twice; name it once");
        }
    }
}

/// <summary>A version chosen for a cut.</summary>
internal readonly record struct ChosenVersion(string Name, Guid Incarnation, Manifest Manifest);
