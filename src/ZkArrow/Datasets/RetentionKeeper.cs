using Microsoft.Extensions.Logging;
using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>The versions of an incarnation as they are recorded, oldest first: all of them, up to the last.</summary>
internal sealed record RecordedVersions(Guid Incarnation, IReadOnlyList<Manifest> All);

/// <summary>
/// Removes the versions that a dataset no longer keeps: records first, in a commit that checks the dataset's own record
/// and so its tags; then the files that no other version names. A publisher that knows all versions takes a few victims
/// along in its commit, at the price of no request.
/// </summary>
internal sealed partial class RetentionKeeper(DatasetContext context, Catalog catalog, Reader reader, DatasetRecords datasets)
{
    /// <summary>As many as a commit takes along.</summary>
    private const int VictimsPerCommit = 4;
    private const int DeletesPerCommit = 100;
    private const int Attempts = 5;

    /// <summary>The versions that a commit of the next one can take along.</summary>
    public static IReadOnlyList<Manifest> VictimsOf(DatasetEntry entry, KnownDataset dataset, Manifest next)
    {
        RecordedVersions? recorded = entry.Recorded;
        return dataset.Record.Retains && recorded?.Incarnation == dataset.Incarnation && recorded.All[^1].Version == next.Version - 1
            ? [.. RetentionRule.Victims(dataset.Record, [.. recorded.All, next], next.AtUs).Take(VictimsPerCommit)]
            : [];
    }

    /// <summary>What follows a commit of this client: files go, and what the commit did not take along.</summary>
    public void OnCommitted(CommitPart part)
    {
        if (part.Manifest is not { } made || part.Dataset is not { Record.Retains: true } dataset)
            return;
        DatasetEntry entry = part.Entry;
        RecordedVersions? before = entry.Recorded;
        bool first = made.Version == 1; // nothing can have been before it
        if (first || (before?.Incarnation == part.Incarnation && before.All[^1].Version == made.Version - 1))
        {
            Manifest[] left = [.. (first ? [] : before!.All).Except(part.Victims), made];
            entry.Recorded = new RecordedVersions(part.Incarnation, left);
            IReadOnlyList<string> files = RetentionRule.FilesOf(part.Victims, left);
            if (files.Count > 0)
                InBackground(entry, () => Retire(files));
            if (RetentionRule.Victims(dataset.Record, left, made.AtUs).Count == 0)
                return;
        }

        InBackground(entry, () => ApplyAsync(entry, part.Incarnation, context.Closing.Token));
    }

    /// <summary>Applies the limits of a dataset to all of its versions.</summary>
    public async Task ApplyAsync(DatasetEntry? entry, Guid inc, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (await datasets.ReadAsync(inc, attempt > 0 ? Freshness.Leader : Freshness.Session, cancellationToken).ConfigureAwait(false) is not { Record.Retains: true } dataset
                || await RecordedAsync(entry, inc, cancellationToken).ConfigureAwait(false) is not { Count: > 0 } versions)
            {
                return;
            }

            IReadOnlyList<Manifest> victims = RetentionRule.Victims(dataset.Record, versions, DatasetContext.NowUs());
            Manifest[] removed = [];
            bool refused = false;
            foreach (Manifest[] chunk in victims.Chunk(DeletesPerCommit))
            {
                TreeOp[] deletes =
                [
                    TreeOp.Check(context.Layout.Dataset(inc), dataset.StatVersion),
                    .. chunk.Select(version => TreeOp.Delete(context.Layout.Version(inc, version.Version), TreeOp.Exists)),
                ];
                TreeAnswer answer = await DatasetContext.RetryAsync(t => context.Coordinator.CommitAsync(deletes, t), cancellationToken).ConfigureAwait(false);
                refused = !answer.Committed;
                if (refused)
                    break;
                removed = [.. removed, .. chunk];
            }

            // what was removed is still in the list when files are compared, what is left of it decides
            Manifest[] left = [.. versions.Except(removed)];
            await Retire(RetentionRule.FilesOf(removed, left)).ConfigureAwait(false);
            if (refused)
                continue; // a new tag, another policy, or another keeper was first: look again
            if (entry != null && (entry.Recorded == null || entry.Recorded.Incarnation != inc || entry.Recorded.All[^1].Version <= left[^1].Version))
                entry.Recorded = new RecordedVersions(inc, left);
            return;
        }
    }

    /// <summary>All recorded versions; those that this client knows already are not read again.</summary>
    private async ValueTask<IReadOnlyList<Manifest>> RecordedAsync(DatasetEntry? entry, Guid inc, CancellationToken cancellationToken)
    {
        IReadOnlyList<long> numbers = await catalog.VersionsAsync(inc, cancellationToken).ConfigureAwait(false) ?? [];
        Dictionary<long, Manifest> known = entry?.Recorded is { } recorded && recorded.Incarnation == inc
            ? recorded.All.ToDictionary(version => version.Version)
            : [];
        Manifest?[] found = await Catalog.ForEachAsync(
            numbers,
            async (number, token) => known.GetValueOrDefault(number)
                ?? (await reader.ReadRecordAsync(inc, number, token).ConfigureAwait(false))?.Manifest,
            cancellationToken).ConfigureAwait(false);
        return [.. found.OfType<Manifest>()];
    }

    private Task Retire(IReadOnlyList<string> files)
    {
        foreach (string file in files)
            context.Places.Retire(file);
        return Task.CompletedTask;
    }

    /// <summary>Freeing memory takes long, and reading is for no publisher to wait for. Whatever is not done, a sweep does.</summary>
    private void InBackground(DatasetEntry entry, Func<Task> work) => _ = Task.Run(async () =>
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is CoordinatorException or OperationCanceledException or ZkArrowException)
        {
            LogNotDone(context.Logger, entry.Name, e.Message);
        }
    });

    [LoggerMessage(EventId = 122, Level = LogLevel.Warning, Message = "Old versions of '{Name}' were not removed ({Reason}); the next sweep removes them")]
    private static partial void LogNotDone(ILogger logger, string name, string reason);
}
