using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>What a dataset's head was at a commit. <c>Version</c> is null when there was none yet, or when it is no longer recorded: <c>Gone</c>.</summary>
internal readonly record struct VersionThen(Manifest? Version, bool Gone = false);

/// <summary>
/// Looks versions up by when they were committed. Version numbers and commit numbers grow together, so the version that was the
/// head at a commit is the newest whose own commit is not above it, provided that the one after it is known too.
/// </summary>
internal sealed class VersionFinder(Catalog catalog, Reader reader)
{
    /// <summary>Records read at a time where all may have to be looked at.</summary>
    private const int Chunk = 64;

    /// <summary>The version that was the head of an incarnation at a commit.</summary>
    public async ValueTask<VersionThen> AtCommitAsync(Guid incarnation, HeadRecord head, long commit, CancellationToken cancellationToken)
    {
        if (head.Manifest == null || head.Manifest.CommitNumber <= commit)
            return new VersionThen(head.Manifest);

        // mostly it is the one before: a commit came while others were read
        if (head.Version == 1)
            return default;
        if (await ReadAsync(incarnation, head.Version - 1, cancellationToken).ConfigureAwait(false) is { } before && before.CommitNumber <= commit)
            return new VersionThen(before);
        IReadOnlyList<long> numbers = await catalog.VersionsAsync(incarnation, cancellationToken).ConfigureAwait(false) ?? [];
        Manifest? found = null;
        int low = 0, high = numbers.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (await ReadAsync(incarnation, numbers[middle], cancellationToken).ConfigureAwait(false) is not { } manifest)
                return new VersionThen(null, Gone: true); // dropped since it was listed
            if (manifest.CommitNumber <= commit)
                (found, low) = (manifest, middle + 1);
            else
                high = middle;
        }

        // one that is no longer recorded may have come between, unless the version was made by this very commit
        long next = low < numbers.Count ? numbers[low] : head.Version;
        bool follows = next == (found?.Version ?? 0) + 1 || found?.CommitNumber == commit;
        return follows ? new VersionThen(found) : new VersionThen(null, Gone: true);
    }

    /// <summary>The number of the newest commit that a test holds for; null when there is none.</summary>
    public async ValueTask<long?> NewestAsync(Guid incarnation, HeadRecord head, Func<Manifest, bool> test, CancellationToken cancellationToken)
    {
        if (head.Manifest == null)
            return null;
        if (test(head.Manifest))
            return head.Manifest.CommitNumber;
        IReadOnlyList<long> numbers = await catalog.VersionsAsync(incarnation, cancellationToken).ConfigureAwait(false) ?? [];
        foreach (long[] chunk in numbers.Reverse().Chunk(Chunk))
        {
            Manifest?[] manifests = await Catalog.ForEachAsync(chunk, (number, token) => ReadAsync(incarnation, number, token), cancellationToken).ConfigureAwait(false);
            if (manifests.FirstOrDefault(manifest => manifest != null && test(manifest)) is { } newest)
                return newest.CommitNumber;
        }

        return null;
    }

    private async ValueTask<Manifest?> ReadAsync(Guid incarnation, long version, CancellationToken cancellationToken) =>
        (await reader.ReadRecordAsync(incarnation, version, cancellationToken).ConfigureAwait(false))?.Manifest;
}
