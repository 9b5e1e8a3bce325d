using System.Security.Cryptography;
using ZkArrow.ArrowC;

namespace ZkArrow.Datasets;

/// <summary>
/// Makes a table the next version: bytes first, then one atomic commit that checks the owner and compares the head. The
/// commit is tried from what is known; the coordinator's refusal, not a read before it, tells that something changed.
/// </summary>
internal sealed class Publisher(
    DatasetContext context, HeadCache heads, PartMaker parts, CommitLoop commits, SchemaStore schemas, Reader reader)
{
    private const int JitterMaxMs = 50;

    public ValueTask<DatasetVersion> PublishAsync(string name, ArrowTable table, PublishOptions options, long inlineMax, Call call)
    {
        DatasetEntry entry = heads[name];
        context.RequireAnnounce();
        return CommitAsync(entry, TableDraft(context, table, context.NextCommitId(), options, inlineMax), options, call);
    }

    public ValueTask<DatasetVersion> PublishAsync(string name, LoanSource loan, PublishOptions options, Call call)
    {
        DatasetEntry entry = heads[name];
        context.RequireAnnounce();
        if (options.Residency == Residency.Inline)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "a loan is in shared memory and cannot be published inline; leave the residency out");
        string commit = context.NextCommitId();
        Residency residency = options.Residency ?? Residency.Host;
        _ = context.Places.For(residency); // refused before the loan is closed for writing
        loan.Complete(commit);
        return CommitAsync(entry, new Draft(context, residency == Residency.Host ? loan : new LoanCopy(loan), commit, residency), options, call);
    }

    /// <summary>Adds the rows of a table to the head's, which stay where they are.</summary>
    public ValueTask<DatasetVersion> AppendAsync(string name, ArrowTable table, PublishOptions options, long inlineMax, Call call)
    {
        DatasetEntry entry = heads[name];
        context.RequireAnnounce();
        return CommitAsync(entry, AppendDrafts(context, reader, table, context.NextCommitId(), options, inlineMax), options with { SameSchema = true }, call);
    }

    /// <summary>The head of a dataset, which is made, with no version, when it does not exist.</summary>
    public async ValueTask<Head> EnsureDatasetAsync(DatasetEntry entry, Call call)
    {
        context.RequireAnnounce();
        while (true)
        {
            if (await entry.StrictHeadAsync(call.Token).ConfigureAwait(false) is { } head)
                return head;
            await commits.CommitAsync([parts.Empty(entry)], call).ConfigureAwait(false);
        }
    }

    private async ValueTask<DatasetVersion> CommitAsync(DatasetEntry entry, IDraftMaker drafts, PublishOptions options, Call call)
    {
        using IDraftMaker maker = drafts;
        Head? head = entry.LastKnown ?? await entry.HeadAsync(call.Token).ConfigureAwait(false);
        for (int attempt = 1; ; attempt++)
        {
            if (await parts.MakeAsync(entry, head, maker, options, call).ConfigureAwait(false) is { } part)
            {
                CommitOutcome outcome = await commits.CommitAsync([part], call).ConfigureAwait(false);
                if (outcome.Committed)
                    return DatasetVersion.From(part.Manifest!);
                if (outcome.SchemaGone)
                    schemas.Forget(maker.Schema);
            }

            head = await entry.StrictHeadAsync(call.Token).ConfigureAwait(false);
            if (attempt > 1)
                await Task.Delay(RandomNumberGenerator.GetInt32(Math.Min(1 << Math.Min(attempt, 8), JitterMaxMs)), call.Token).ConfigureAwait(false);
        }
    }

    /// <summary>The draft of a table, which is copied once.</summary>
    public static Draft TableDraft(DatasetContext context, ArrowTable table, string commit, PublishOptions options, long inlineMax)
    {
        TableSource source = new(table, commit);
        try
        {
            return new Draft(context, source, commit, ResidencyOf(source.Length, options, inlineMax));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>The drafts of rows that are added to whatever the head has.</summary>
    public static AppendDrafts AppendDrafts(DatasetContext context, Reader reader, ArrowTable rows, string commit, PublishOptions options, long inlineMax) =>
        options.Residency != Residency.Inline
            ? new AppendDrafts(context, reader, rows, commit, options.Residency, inlineMax)
            : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "rows cannot be appended with inline residency, which depends on what they are appended to; leave the residency out");

    private static Residency ResidencyOf(long length, PublishOptions options, long inlineMax)
    {
        Residency residency = options.Residency ?? (length <= inlineMax ? Residency.Inline : Residency.Host);
        if (residency == Residency.Inline && length > ZkArrowOptions.InlineLimit)
            throw new ZkArrowException(ZkArrowStatus.TooLarge, $"the table has {length} bytes, more than the {ZkArrowOptions.InlineLimit} an inline one may have; publish it with host residency");
        return residency;
    }
}
