using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Native;

/// <summary>Writes the outputs of exports: zeroed before anything can fail.</summary>
internal static unsafe class Output
{
    public static void Clear<T>(T* target)
        where T : unmanaged
    {
        if (target != null)
            *target = default;
    }

    public static void Clear<T>(T** target)
        where T : unmanaged
    {
        if (target != null)
            *target = null;
    }

    /// <summary>Zeroes a struct behind its size; one of a wrong size stays as it is.</summary>
    public static void ClearSized<T>(T* target)
        where T : unmanaged
    {
        if (target != null && *(uint*)target >= Argument.FirstSize<T>())
            new Span<byte>(target, (int)Math.Min(*(uint*)target, (uint)sizeof(T)))[sizeof(uint)..].Clear();
    }

    public static void Write(ZkaVersionInfo* target, DatasetVersion version)
    {
        target->Residency = (int)version.Residency;
        target->Number = (ulong)version.Number;
        target->Epoch = (ulong)version.Epoch;
        target->Rows = version.Rows;
        target->Nbytes = version.Bytes;
        target->CommittedAtUs = Microseconds(version.CommittedAt);
        Write(new Span<byte>(target->CommitId, 33), version.CommitId);
        Write(new Span<byte>(target->SchemaId, 33), version.SchemaId);
        if (target->StructSize >= sizeof(ZkaVersionInfo))
            target->CommitNumber = version.CommitNumber;
    }

    public static void Write(ZkaDatasetDescription* target, DatasetDescription dataset)
    {
        target->SchemaPolicy = (int)dataset.SchemaPolicy;
        target->Lifetime = (int)dataset.Lifetime;
        target->Owned = dataset.IsOwned ? 1 : 0;
        target->Head = (ulong)(dataset.Head?.Number ?? 0);
        target->Epoch = (ulong)dataset.Epoch;
        target->Versions = dataset.Versions;
        target->Nbytes = dataset.Bytes;
        target->CreatedAtUs = Microseconds(dataset.CreatedAt);
        target->KeepVersions = dataset.Retention.Versions ?? 0;
        target->KeepAgeMs = Milliseconds(dataset.Retention.Age);
        target->KeepBytes = dataset.Retention.Bytes ?? 0;
        target->TtlMs = Milliseconds(dataset.TimeToLive);
    }

    /// <summary>Rounded up, for zero stands for no time at all.</summary>
    private static long Milliseconds(TimeSpan? time) =>
        time is { } some ? (some.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond : 0;

    public static long Microseconds(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>Writes a table as a stream and lets go of the table.</summary>
    public static void Move(ArrowTable table, ArrowArrayStream* target)
    {
        try
        {
            table.Export(target);
        }
        finally
        {
            table.Release();
        }
    }

    /// <summary>The target is zero already, so what is written has its end.</summary>
    private static void Write(Span<byte> target, string digits) => Encoding.ASCII.GetBytes(digits, target[..^1]);
}
