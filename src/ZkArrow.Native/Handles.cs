using ZkArrow.Datasets;

namespace ZkArrow.Native;

/// <summary>The handles of this process, each with the object it stands for.</summary>
internal static class Handles
{
    private static readonly HandleTable Table = new();

    public static long Count => Table.Count;

    public static nint Open<T>(T target)
        where T : class => Table.Add(KindOf<T>(), target);

    /// <summary>The object behind a handle of its kind.</summary>
    public static T Get<T>(nint handle)
        where T : class => Table.Find(handle) as T ?? throw Wrong<T>(handle);

    /// <summary>Closes a handle; what stood behind it is the caller's to dispose. NULL closes nothing.</summary>
    public static T? Close<T>(nint handle)
        where T : class
    {
        if (handle == 0)
            return null;
        return (T?)Table.Remove(KindOf<T>(), handle) ?? throw Wrong<T>(handle);
    }

    private static HandleKind KindOf<T>() =>
        typeof(T) == typeof(ZkArrowClient) ? HandleKind.Client :
        typeof(T) == typeof(ZkArrowTable) ? HandleKind.Table :
        typeof(T) == typeof(DatasetSubscription) ? HandleKind.Subscription :
        typeof(T) == typeof(ZkArrowLoan) ? HandleKind.Loan :
        typeof(T) == typeof(ZkArrowOwner) ? HandleKind.Owner :
        typeof(T) == typeof(ZkArrowTransaction) ? HandleKind.Transaction :
        typeof(T) == typeof(ZkArrowSnapshot) ? HandleKind.Snapshot :
        HandleKind.Cancel;

    private static ZkArrowException Wrong<T>(nint handle)
    {
        string wanted = Name(KindOf<T>());
        HandleKind kind = HandleTable.KindOf(handle);
        string what = handle == 0 ? "NULL"
            : !Enum.IsDefined(kind) ? "no handle of this library"
            : kind != KindOf<T>() ? $"the handle of a {Name(kind)}"
            : "closed";
        return new ZkArrowException(ZkArrowStatus.InvalidHandle, $"the {wanted} handle was {what}; pass an open {wanted}");
    }

    private static string Name(HandleKind kind) => kind switch
    {
        HandleKind.Client => "client",
        HandleKind.Table => "table",
        HandleKind.Subscription => "subscription",
        HandleKind.Loan => "loan",
        HandleKind.Owner => "owner",
        HandleKind.Transaction => "transaction",
        HandleKind.Snapshot => "snapshot",
        _ => "cancel",
    };
}
