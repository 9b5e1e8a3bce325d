using System.Security.Cryptography;
using ZkArrow.ArrowC;
using ZkArrow.Coordination;
using ZkArrow.Ipc;

namespace ZkArrow.Datasets;

/// <summary>
/// Makes a table the next version: bytes first, then one atomic commit that checks the owner and compares the head. The
/// commit is tried from what is known; the coordinator's refusal, not a read before it, tells that something changed.
/// </summary>
internal sealed class Publisher(DatasetContext context, HeadCache heads, CommitLoop commits, SchemaStore schemas)
{
    /// <summary>Footer metadata of every segment.</summary>
    public const string CommitKey = "zkarrow.commit";

    private const int JitterMaxMs = 50;

    public async ValueTask<DatasetVersion> PublishAsync(string name, ArrowTable table, PublishOptions options, long inlineMax, Call call)
    {
        DatasetEntry entry = heads[name];
        context.RequireAnnounce();
        string commit = context.NextCommitId();
        using IpcPlan plan = IpcPlan.Create(table, [KeyValuePair.Create(CommitKey, commit)]);
        using Draft draft = new(context, table, plan, commit, ResidencyOf(plan, options, inlineMax));
        Head? head = entry.LastKnown ?? await entry.HeadAsync(call.Token).ConfigureAwait(false);
        for (int attempt = 1; ; attempt++)
        {
            head = await CheckExpectedAsync(entry, head, options.ExpectedVersion, call).ConfigureAwait(false);
            if (options.SameSchema && head != null)
                await schemas.RequireSameAsync(table.Schema, head.Manifest.Schema, name, call.Token).ConfigureAwait(false);
            bool newSchema = head?.Manifest.Schema != table.Schema.Fingerprint
                && await schemas.IntroduceAsync(table.Schema, call).ConfigureAwait(false);
            CommitOutcome outcome = head == null
                ? await commits.CreateAsync(entry, draft, newSchema, call).ConfigureAwait(false)
                : await commits.AdvanceAsync(entry, head, draft, newSchema, call).ConfigureAwait(false);
            if (outcome.Committed != null)
                return DatasetVersion.From(outcome.Committed);
            if (outcome.SchemaGone)
                schemas.Forget(table.Schema);
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

    private static Residency ResidencyOf(IpcPlan plan, PublishOptions options, long inlineMax)
    {
        Residency residency = options.Residency ?? (plan.Length <= inlineMax ? Residency.Inline : Residency.Host);
        if (residency == Residency.Inline && plan.Length > ZkArrowOptions.InlineLimit)
            throw new ZkArrowException(ZkArrowStatus.TooLarge, $"the table has {plan.Length} bytes, more than the {ZkArrowOptions.InlineLimit} an inline one may have; publish it with host residency");
        return residency;
    }
}
