using System.Security.Cryptography;
using ZkArrow.ArrowC;

namespace ZkArrow.Datasets;

/// <summary>
/// Commits the staged versions of several datasets in one. They share the commit id, by which a lost answer is resolved for all of
/// them at once, and which tells readers of the records that they belong together.
/// </summary>
internal sealed class Transactor(DatasetContext context, HeadCache heads, PartMaker parts, CommitLoop commits, SchemaStore schemas, Reader reader)
{
    public const int MaxDatasets = 256;

    /// <summary>Of all operations together: the servers' default limit is 1 MiB for a packet.</summary>
    public const int MaxBytes = 768 * 1024;

    /// <summary>Tables that may be inline or not are inline up to this many bytes of all together, which leaves room for the records.</summary>
    private const int MaxInlineBytes = 256 * 1024;

    /// <summary>What ZooKeeper adds to an operation's path and data, at most.</summary>
    private const int BytesPerOperation = 64;

    private const int JitterMaxMs = 50;

    public string NextCommitId()
    {
        context.RequireAnnounce();
        return context.NextCommitId();
    }

    /// <summary>The dataset's version, with its bytes in place. A refusal now saves a commit that would be refused.</summary>
    public async ValueTask<StagedVersion> StageAsync(
        string name, ArrowTable table, string commit, PublishOptions options, bool appends, IReadOnlyList<StagedVersion> before, long inlineMax, Call call)
    {
        DatasetEntry entry = heads[name];
        if (before.Any(staged => staged.Part.Entry == entry))
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"the dataset '{name}' is in the transaction already; a transaction makes one version of each dataset");
        if (before.Count == MaxDatasets)
            throw new ZkArrowException(ZkArrowStatus.TooLarge, $"the transaction has {MaxDatasets} datasets, the most that one commit can have; commit it, and begin another");
        inlineMax = Math.Clamp(MaxInlineBytes - before.Sum(staged => staged.InlineBytes), 0, inlineMax);
        table.AddRef();
        IDraftMaker? drafts = null;
        try
        {
            drafts = appends
                ? Publisher.AppendDrafts(context, reader, table, commit, options, inlineMax)
                : Publisher.TableDraft(context, table, commit, options, inlineMax);
            StagedVersion staged = new(table, drafts, appends ? options with { SameSchema = true } : options);
            Head? head = entry.LastKnown ?? await entry.HeadAsync(call.Token).ConfigureAwait(false);
            staged.Part = await MakeAsync(entry, head, staged, call).ConfigureAwait(false);
            ThrowIfTooLarge([.. before, staged]);
            return staged;
        }
        catch
        {
            drafts?.Dispose();
            table.Release();
            throw;
        }
    }

    /// <summary>Applies all or nothing. After a refusal the versions are as they were, but for an outcome that is unknown.</summary>
    public async ValueTask<IReadOnlyList<DatasetVersion>> CommitAsync(IReadOnlyList<StagedVersion> staged, Call call)
    {
        if (staged.Count == 0)
            return [];

        // made anew, for the time of the commit; bytes that are in place stay there
        foreach (StagedVersion version in staged)
            version.Part = await MakeAsync(version.Part.Entry, version.Part.Entry.LastKnown, version, call).ConfigureAwait(false);
        for (int attempt = 1; ; attempt++)
        {
            CommitPart[] all = [.. staged.Select(version => version.Part)];
            ThrowIfTooLarge(staged);
            foreach (StagedVersion version in staged)
                version.WasSent = true;
            CommitOutcome outcome = await commits.CommitAsync(all, call).ConfigureAwait(false);
            if (outcome.Committed)
                return [.. all.Select(part => DatasetVersion.From(part.Manifest!))];
            if (outcome.SchemaGone)
                schemas.Forget(staged.First(version => version.Part == outcome.Refused).Drafts.Schema);

            // one part was refused, and the others may be as old: all are looked at, so that the next attempt is not refused for the next of them
            Head?[] now = await Catalog.ForEachAsync(all, (part, token) => part.Entry.StrictHeadAsync(token), call.Token).ConfigureAwait(false);
            for (int i = 0; i < staged.Count; i++)
                staged[i].Part = await MakeAsync(all[i].Entry, now[i], staged[i], call).ConfigureAwait(false);
            if (attempt > 1)
                await Task.Delay(RandomNumberGenerator.GetInt32(Math.Min(1 << Math.Min(attempt, 8), JitterMaxMs)), call.Token).ConfigureAwait(false);
        }
    }

    private async ValueTask<CommitPart> MakeAsync(DatasetEntry entry, Head? head, StagedVersion staged, Call call)
    {
        // a dataset that is made keeps its incarnation, and so its segment's place, until it was sent once
        Guid? incarnation = staged is { WasSent: false, Part: { IsNew: true } part } ? part.Incarnation : null;
        while (true)
        {
            if (await parts.MakeAsync(entry, head, staged.Drafts, staged.Options, call, incarnation).ConfigureAwait(false) is { } made)
                return made;
            head = await entry.StrictHeadAsync(call.Token).ConfigureAwait(false);
        }
    }

    private static void ThrowIfTooLarge(IReadOnlyList<StagedVersion> staged)
    {
        long bytes = staged.Sum(version => version.Part.Operations.Sum(operation => (long)operation.Path.Length + operation.Data.Length + BytesPerOperation));
        if (bytes > MaxBytes)
            throw new ZkArrowException(ZkArrowStatus.TooLarge, $"the transaction has {bytes} bytes of records and inline tables with '{staged[^1].Part.Entry.Name}', more than the {MaxBytes} that one commit can have; publish with host residency, or fewer datasets at once");
    }
}

/// <summary>One dataset's version in a transaction, not committed yet.</summary>
internal sealed class StagedVersion(ArrowTable table, IDraftMaker drafts, PublishOptions options) : IDisposable
{
    public IDraftMaker Drafts { get; } = drafts;

    public PublishOptions Options { get; } = options;

    public CommitPart Part { get; set; } = null!;

    /// <summary>Whether a commit with it was tried.</summary>
    public bool WasSent { get; set; }

    /// <summary>Whether it is applied, or may be.</summary>
    public bool IsKept => Part.Draft is { Keep: true };

    public long InlineBytes => Part.Manifest is { IsInline: true } manifest ? manifest.Bytes : 0;

    /// <summary>Removes the segment unless it is kept, and lets go of the table.</summary>
    public void Dispose()
    {
        Drafts.Dispose();
        table.Release();
    }
}
