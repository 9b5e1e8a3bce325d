using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>How long datasets stay: decided by the publish that makes one.</summary>
internal sealed class Lifetimes(DatasetContext context)
{
    /// <summary>The record of a dataset that a publish makes.</summary>
    public static DatasetRecord Made(DatasetRecord record, PublishOptions options)
    {
        CheckTtl(options);
        return options.Lifetime switch
        {
            Lifetime.Session => record with { Lifetime = DatasetRecord.Session, Tended = true },
            Lifetime.Ttl => record with { TtlUs = Microseconds(options.TimeToLive!.Value), Tended = true },
            _ => record,
        };
    }

    /// <summary>Refuses a lifetime that a dataset does not have: it was decided when it was made.</summary>
    public async ValueTask RequireAsync(KnownDataset dataset, PublishOptions options, CancellationToken cancellationToken)
    {
        CheckTtl(options);
        if (options.Lifetime is not { } wanted)
            return;
        DatasetRecord record = dataset.Record;
        string? difference = (wanted, Of(record)) switch
        {
            (Lifetime.Ttl, Lifetime.Ttl) when Microseconds(options.TimeToLive!.Value) == record.TtlUs => null,
            (Lifetime.Session, Lifetime.Session) => await OfAnotherAsync(dataset, cancellationToken).ConfigureAwait(false)
                ? "goes with the session of another client" : null,
            (_, Lifetime.Ttl) => $"stays for {Time(record.TtlUs)!.Value.TotalSeconds:0.###} s after its last publish",
            (var other, var has) when other == has => null,
            (_, Lifetime.Session) => "goes with the session that made it",
            _ => "is persistent",
        };
        if (difference != null)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"the dataset '{record.Name}' {difference}; a lifetime is decided when a dataset is made: leave it out, or drop the dataset first");
    }

    public static Lifetime Of(DatasetRecord record) =>
        record.IsOfSession ? Lifetime.Session : record.TtlUs != null ? Lifetime.Ttl : Lifetime.Persistent;

    public static long Microseconds(TimeSpan time) => Math.Max(1, time.Ticks / TimeSpan.TicksPerMicrosecond);

    public static TimeSpan? Time(long? us) => us is { } some ? TimeSpan.FromMicroseconds(some) : null;
    private async ValueTask<bool> OfAnotherAsync(KnownDataset dataset, CancellationToken cancellationToken) =>
        await context.GetAsync(context.Layout.Session(dataset.Incarnation), null, Freshness.Session, cancellationToken).ConfigureAwait(false) is { } node
        && node.SessionId != context.Coordinator.SessionId;

    private static void CheckTtl(PublishOptions options)
    {
        if (options.Lifetime == Lifetime.Ttl && (options.TimeToLive is not { } ttl || ttl <= TimeSpan.Zero))
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "a lifetime that is a time to live needs one that is positive");
        if (options.Lifetime != Lifetime.Ttl && options.TimeToLive != null)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "a time to live was given with another lifetime; leave one of them out");
    }
}
