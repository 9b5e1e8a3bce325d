namespace ZkArrow.ArrowC;

/// <summary>A schema and its batches, with a count of references. Everything exported from it lives on its own.</summary>
internal sealed unsafe class ArrowTable : IDisposable
{
    private readonly ArrayBox[] _batches;
    private int _refs = 1;
    private int _disposed;
    private long _bytes = -1;
    private Action? _released;

    /// <summary>Takes over the caller's reference on the schema and on each batch.</summary>
    public ArrowTable(SchemaBox schema, ArrayBox[] batches)
    {
        Schema = schema;
        _batches = batches;
        foreach (ArrayBox batch in batches)
        {
            if (batch.Length > ArrayCheck.MaxLength - Rows) throw ArrowFailure.TooLarge("The table had over 2^56 rows.");
            Rows += batch.Length;
        }
    }

    public SchemaBox Schema { get; }

    public IReadOnlyList<ArrayBox> Batches => _batches;

    public long Rows { get; }

    /// <summary>Why buffers are copies of a file's bytes; null when they are the bytes themselves, or never were in a file.</summary>
    public string? CopyReason { get; init; }

    /// <summary>The bytes of all buffers, counting only the rows the table has. Looks at the offsets on first use.</summary>
    public long NBytes
    {
        get
        {
            if (_bytes >= 0) return _bytes;
            AddRef();
            try
            {
                long sum = 0;
                foreach (ArrayBox batch in _batches) sum = checked(sum + ArrayLayout.BatchBytes(batch.View, Schema.Root));
                return _bytes = sum;
            }
            catch (OverflowException)
            {
                throw ArrowFailure.TooLarge("The table was over 2^63 bytes.");
            }
            finally
            {
                Release();
            }
        }
    }

    /// <summary>Reads a stream to its end and releases it. On failure the stream stays the caller's.</summary>
    public static ArrowTable Drain(ArrowArrayStream* stream) => StreamReader.Drain(stream);

    /// <summary>Moves a batch and its schema in: the release of both is NULL afterwards. On failure they stay the caller's.</summary>
    public static ArrowTable FromBatch(ArrowArray* array, ArrowSchema* schema)
    {
        SchemaBox box = SchemaBox.FromC(schema);
        ArrowTable table;
        try
        {
            table = new ArrowTable(box, [ArrayBox.Move(array, box)]);
        }
        catch
        {
            box.Release();
            throw;
        }
        schema->Release(schema);
        return table;
    }

    /// <summary>One table of the batches of several, in order; each keeps its own references.</summary>
    public static ArrowTable Concat(IReadOnlyList<ArrowTable> tables)
    {
        if (tables.Count == 0) throw ArrowFailure.Invalid("There was no table to concatenate.");
        SchemaBox schema = tables[0].Schema;
        foreach (ArrowTable table in tables)
        {
            if (table.Schema.FirstDifference(schema) is string difference) throw ArrowFailure.Mismatch(difference);
        }
        schema.AddRef();
        ArrayBox[] all = [.. tables.SelectMany(table => table._batches)];
        foreach (ArrayBox batch in all) batch.AddRef();
        return new ArrowTable(schema, all) { CopyReason = tables.FirstOrDefault(table => table.CopyReason != null)?.CopyReason };
    }

    /// <summary>Takes another reference, to be given back with <see cref="Release"/>.</summary>
    public void AddRef()
    {
        if (!TryAddRef()) throw new ZkArrowException(ZkArrowStatus.InvalidHandle, "The table was already closed.");
    }

    /// <summary>Takes another reference, unless the last one is gone.</summary>
    public bool TryAddRef()
    {
        int seen = Volatile.Read(ref _refs);
        while (seen > 0)
        {
            int before = Interlocked.CompareExchange(ref _refs, seen + 1, seen);
            if (before == seen) return true;
            seen = before;
        }
        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _refs) > 0) return;
        foreach (ArrayBox batch in _batches) batch.Release();
        Schema.Release();
        Interlocked.Exchange(ref _released, null)?.Invoke();
    }

    /// <summary>Runs an action when the last reference goes; to be called while one is held. Exported arrays may still live then.</summary>
    public void OnReleased(Action action)
    {
        Action? seen = _released;
        while (true)
        {
            Action? before = Interlocked.CompareExchange(ref _released, seen + action, seen);
            if (ReferenceEquals(before, seen)) return;
            seen = before;
        }
    }

    /// <summary>Refuses when bytes of the table were taken away by another process; to be called while a reference is held.</summary>
    public void ThrowIfDamaged()
    {
        foreach (ArrayBox batch in _batches)
        {
            if (batch.Block->IsDamaged) throw batch.Block->Tripwire->Failure();
        }
    }

    /// <summary>Gives back the creator's reference, once.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) Release();
    }

    /// <summary>Writes a stream over all batches, any number of times and from any thread; each lives on its own.</summary>
    public void Export(ArrowArrayStream* target)
    {
        if (target == null) throw ArrowFailure.Invalid("The ArrowArrayStream to write to was NULL.");
        AddRef();
        try
        {
            ThrowIfDamaged();
            StreamExport.Write(Schema, _batches, target);
        }
        finally
        {
            Release();
        }
    }
}
