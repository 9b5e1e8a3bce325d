using System.Collections.Concurrent;
using ZkArrow.ArrowC;
using ZkArrow.Coordination;

namespace ZkArrow.Datasets;

/// <summary>Schemas in the coordinator, under their content's address: written once, the same for every dataset.</summary>
internal sealed class SchemaStore(DatasetContext context, CommitLoop commits)
{
    /// <summary>A larger packet would be refused by the servers' default limit.</summary>
    private const int MaxBytes = 768 * 1024;

    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>Makes sure that a schema is stored; true, for a commit that names it must check that it still is.</summary>
    public async ValueTask<bool> IntroduceAsync(SchemaBox schema, Call call)
    {
        if (_known.ContainsKey(schema.Fingerprint))
            return true;
        byte[] message = schema.IpcMessage;
        if (message.Length > MaxBytes)
            throw new ZkArrowException(ZkArrowStatus.TooLarge, $"the schema has {message.Length} bytes, more than the {MaxBytes} it may have; use fewer columns or less metadata");
        string path = context.Layout.Schema(schema.Fingerprint);
        while (true)
        {
            TreeAnswer answer = await DatasetContext.RetryAsync(
                t => context.Coordinator.CommitAsync([TreeOp.Create(path, message)], t), call.Token).ConfigureAwait(false);
            if (answer.Refusal is TreeRefusal.None or TreeRefusal.NodeExists)
                break;
            if (answer.Refusal != TreeRefusal.NoNode)
                throw CommitLoop.Unexpected(answer, "storing a schema");
            await commits.EnsureAsync([context.Layout.SchemaBucket(schema.Fingerprint)], call.Token).ConfigureAwait(false);
        }

        _known[schema.Fingerprint] = true;
        return true;
    }

    public void Forget(SchemaBox schema) => _known.TryRemove(schema.Fingerprint, out _);

    /// <summary>Refuses a schema that is not the stored one, naming the first field that differs.</summary>
    public async ValueTask RequireSameAsync(SchemaBox schema, string required, string name, CancellationToken cancellationToken)
    {
        if (schema.Fingerprint == required)
            return;
        using SchemaBox? stored = await StoredAsync(required, cancellationToken).ConfigureAwait(false);
        string difference = stored == null ? "its schema is another" : stored.FirstDifference(schema) ?? "its metadata differs";
        throw new ZkArrowException(ZkArrowStatus.SchemaMismatch, $"the table does not have the schema of '{name}': {difference}");
    }

    /// <summary>Refuses a schema that the dataset's policy does not admit behind the stored one, naming the field.</summary>
    public async ValueTask RequireAdmittedAsync(SchemaBox schema, string before, DatasetRecord dataset, CancellationToken cancellationToken)
    {
        SchemaPolicy policy = SchemaPolicies.Parse(dataset.SchemaPolicy);
        if (policy == SchemaPolicy.None || schema.Fingerprint == before)
            return;
        using SchemaBox? stored = await StoredAsync(before, cancellationToken).ConfigureAwait(false);
        string? problem = stored == null ? "the schema of its head cannot be found" : SchemaPolicies.Problem(policy, schema, stored);
        if (problem != null)
            throw new ZkArrowException(ZkArrowStatus.SchemaMismatch, $"the schema policy of '{dataset.Name}' is {SchemaPolicies.Text(policy)}: {problem}");
    }

    private async ValueTask<SchemaBox?> StoredAsync(string id, CancellationToken cancellationToken)
    {
        string path = context.Layout.Schema(id);
        Node? node = await DatasetContext.RetryAsync(t => context.Coordinator.GetAsync(path, null, t), cancellationToken).ConfigureAwait(false);
        return node == null ? null : SchemaBox.FromIpcMessage(node.Data);
    }
}
