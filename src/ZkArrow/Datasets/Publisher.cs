using System.Security.Cryptography;
using ZkArrow.ArrowC;
using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>
/// Makes a table the next version: bytes first, then one atomic commit that checks the owner and compares the head. The
/// commit is tried from what is known; the coordinator's refusal, not a read before it, tells that something changed.
/// </summary>
internal sealed class Publisher(
    DatasetContext context, HeadCache heads, CommitLoop commits, SchemaStore schemas, Reader reader, SpaceReport space)
{
    private const int JitterMaxMs = 50;

    public ValueTask<DatasetVersion> PublishAsync(string name, ArrowTable table, PublishOptions options, long inlineMax, Call call)
    {
        DatasetEntry entry = heads[name];
        context.RequireAnnounce();
        string commit = context.NextCommitId();
        TableSource source = new(table, commit);
        try
        {
            return CommitAsync(entry, new Draft(context, source, commit, ResidencyOf(source.Length, options, inlineMax)), options, call);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    public ValueTask<DatasetVersion> PublishAsync(string name, LoanSource loan, PublishOptions options, Call call)
    {
        DatasetEntry entry = heads[name];
        context.RequireAnnounce();
        if (options.Residency == Residency.Inline)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "a loan is in shared memory and cannot be published inline; leave the residency out");
        string commit = context.NextCommitId();
        loan.Complete(commit);
        return CommitAsync(entry, new Draft(context, loan, commit, Residency.Host), options, call);
    }

    /// <summary>Adds the rows of a table to the head's, which stay where they are.</summary>
    public ValueTask<DatasetVersion> AppendAsync(string name, ArrowTable table, PublishOptions options, long inlineMax, Call call)
    {
        DatasetEntry entry = heads[name];
        context.RequireAnnounce();
        if (options.Residency == Residency.Inline)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "rows cannot be appended with inline residency, which depends on what they are appended to; leave the residency out");
        AppendDrafts drafts = new(context, reader, table, context.NextCommitId(), options.Residency == Residency.Host ? 0 : inlineMax);
        return CommitAsync(entry, drafts, options with { SameSchema = true }, call);
    }

    private async ValueTask<DatasetVersion> CommitAsync(DatasetEntry entry, IDraftMaker drafts, PublishOptions options, Call call)
    {
        using IDraftMaker maker = drafts;
        SchemaBox schema = maker.Schema;
        Head? head = entry.LastKnown ?? await entry.HeadAsync(call.Token).ConfigureAwait(false);
        for (int attempt = 1; ; attempt++)
        {
            head = await CheckExpectedAsync(entry, head, options.ExpectedVersion, call).ConfigureAwait(false);
            if (options.SameSchema && head != null)
                await schemas.RequireSameAsync(schema, head.Manifest.Schema, entry.Name, call.Token).ConfigureAwait(false);
            if (await maker.OnAsync(head, call).ConfigureAwait(false) is not { } draft)
            {
                head = await entry.StrictHeadAsync(call.Token).ConfigureAwait(false);
                continue;
            }

            bool newSchema = head?.Manifest.Schema != schema.Fingerprint
                && await schemas.IntroduceAsync(schema, call).ConfigureAwait(false);
            CommitOutcome outcome;
            try
            {
                outcome = head == null
                    ? await commits.CreateAsync(entry, draft, newSchema, call).ConfigureAwait(false)
                    : await commits.AdvanceAsync(entry, head, draft, newSchema, call).ConfigureAwait(false);
            }
            catch (ZkArrowException e) when (e.Status == ZkArrowStatus.NoSpace)
            {
                throw await space.ExplainAsync(e, call.Token).ConfigureAwait(false);
            }

            if (outcome.Committed != null)
                return DatasetVersion.From(outcome.Committed);
            if (outcome.SchemaGone)
                schemas.Forget(schema);
            head = await entry.StrictHeadAsync(call.Token).ConfigureAwait(false);
            if (attempt > 1)
                await Task.Delay(RandomNumberGenerator.GetInt32(Math.Min(1 << Math.Min(attempt, 8), JitterMaxMs)), call.Token).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Refuses when the head is not the expected one, after asking the leader: what is remembered may be old. Versions
    /// only grow, so a head that is already past the expected version needs no question.
    /// </summary>
    private static async ValueTask<Head?> CheckExpectedAsync(DatasetEntry entry, Head? head, long? expected, Call call)
    {
        if (expected == null || (head?.Version ?? 0) == expected)
            return head;
        head = await entry.StrictHeadAsync(call.Token).ConfigureAwait(false);
        if ((head?.Version ?? 0) == expected)
            return head;
        if (head == null)
            throw new ZkArrowException(ZkArrowStatus.NotFound, $"the dataset '{entry.Name}' does not exist, version {expected} of it was expected; publish with expected version 0 to make it");
        Manifest winner = head.Manifest;
        string who = $"version {winner.Version}, published by {winner.Author} as commit {winner.Commit}";
        throw expected == 0
            ? new ZkArrowException(ZkArrowStatus.AlreadyExists, $"the dataset '{entry.Name}' exists: it is at {who}")
            : new ZkArrowException(ZkArrowStatus.Conflict, $"the dataset '{entry.Name}' is at {who}; version {expected} was expected: read it, and publish again") { IsRetryable = true };
    }

    private static Residency ResidencyOf(long length, PublishOptions options, long inlineMax)
    {
        Residency residency = options.Residency ?? (length <= inlineMax ? Residency.Inline : Residency.Host);
        if (residency == Residency.Inline && length > ZkArrowOptions.InlineLimit)
            throw new ZkArrowException(ZkArrowStatus.TooLarge, $"the table has {length} bytes, more than the {ZkArrowOptions.InlineLimit} an inline one may have; publish it with host residency");
        return residency;
    }
}
