using System.Text;
using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>Makes the tree of a namespace at its first use, and refuses one of another format.</summary>
internal static class NamespaceOpener
{
    /// <summary>The namespace's own id: the same for every client of the tree, whatever its connect string looks like.</summary>
    public static async ValueTask<Guid> OpenAsync(ICoordinator coordinator, ZnodeLayout layout, CancellationToken cancellationToken)
    {
        if (await FindAsync(coordinator, layout, cancellationToken).ConfigureAwait(false) is Guid found)
            return found;
        await MakeAsync(coordinator, layout, cancellationToken).ConfigureAwait(false);
        return await FindAsync(coordinator, layout, cancellationToken).ConfigureAwait(false)
            ?? throw new ZkArrowException(ZkArrowStatus.Unavailable, $"{layout.FormatRecord} vanished right after it was made; somebody removes the tree") { IsRetryable = true };
    }

    /// <summary>The id of a namespace that exists; null when nobody has made it.</summary>
    public static async ValueTask<Guid?> FindAsync(ICoordinator coordinator, ZnodeLayout layout, CancellationToken cancellationToken)
    {
        Node? node = await ReadAsync(coordinator, layout, cancellationToken).ConfigureAwait(false);
        if (node == null)
            return null;
        FormatRecord record = RecordCodec.Read(node.Data, RecordJson.Default.FormatRecord, layout.FormatRecord);
        if (record.Zkarrow != ZnodeLayout.Format)
            throw new ZkArrowException(ZkArrowStatus.Unsupported, $"the tree at {layout.Root} has format {record.Zkarrow}, this version reads {ZnodeLayout.Format}; use the version that made it, or a newer one");
        return record.Namespace;
    }

    private static async ValueTask<Node?> ReadAsync(ICoordinator coordinator, ZnodeLayout layout, CancellationToken cancellationToken)
    {
        Node? node = await coordinator.GetAsync(layout.FormatRecord, null, cancellationToken).ConfigureAwait(false);
        if (node != null)
            return node;

        // this session's server may be behind the one where it was made
        await coordinator.SyncAsync(cancellationToken).ConfigureAwait(false);
        return await coordinator.GetAsync(layout.FormatRecord, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The format record comes last, so that whoever sees it sees the whole tree; losing a race is fine.</summary>
    private static async ValueTask MakeAsync(ICoordinator coordinator, ZnodeLayout layout, CancellationToken cancellationToken)
    {
        StringBuilder path = new();
        foreach (string segment in layout.Root.Split('/').Skip(1))
        {
            path.Append('/').Append(segment);
            await MakeAsync(coordinator, path.ToString(), default, cancellationToken).ConfigureAwait(false);
        }

        foreach (string place in (string[])[layout.Names, layout.Datasets, layout.Schemas, layout.AllDropped, layout.AllTended])
            await MakeAsync(coordinator, place, default, cancellationToken).ConfigureAwait(false);
        byte[] format = RecordCodec.Write(new FormatRecord(ZnodeLayout.Format, Guid.NewGuid()), RecordJson.Default.FormatRecord);
        await MakeAsync(coordinator, layout.FormatRecord, format, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask MakeAsync(ICoordinator coordinator, string path, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        // a parent that exists may be one that we must not write below; only what is missing is made
        if (await coordinator.ExistsAsync(path, null, cancellationToken).ConfigureAwait(false))
            return;
        TreeAnswer answer = await coordinator.CommitAsync([TreeOp.Create(path, data)], cancellationToken).ConfigureAwait(false);
        if (answer.Refusal is not (TreeRefusal.None or TreeRefusal.NodeExists))
            throw CommitLoop.Unexpected(answer, $"making {path}");
    }
}
