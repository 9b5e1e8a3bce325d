namespace ZkArrow.ArrowC;

/// <summary>One batch with a count of references: the owner of an ArrowArray tree, moved in or laid over foreign memory.</summary>
internal sealed unsafe class ArrayBox
{
    private readonly BatchBlock* _block;

    private ArrayBox(BatchBlock* block) => _block = block;

    /// <summary>The rows.</summary>
    public long Length => _block->View->Length;

    /// <summary>The structs as exports show them, valid while a reference is held.</summary>
    public ArrowArray* View => _block->View;

    internal BatchBlock* Block => _block;

    /// <summary>
    /// Checks an array against its schema and moves it in: its release is NULL afterwards. On failure it stays the caller's.
    /// </summary>
    /// <param name="array">The array.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="owner">Disposed after the array was released at the very end, on whatever thread that happens; on failure not at all.</param>
    public static ArrayBox Move(ArrowArray* array, SchemaBox schema, IDisposable? owner = null)
    {
        bool normalise = ArrayCheck.Batch(array, schema.Root);
        return new ArrayBox(BatchBlock.Create(array, schema.Root, normalise, owner));
    }

    public void AddRef() => BatchBlock.AddRef(_block);

    public void Release() => BatchBlock.Release(_block);

    /// <summary>Writes an array over this batch with a life of its own. Costs one allocation.</summary>
    public void Export(ArrowArray* target)
    {
        if (target == null) throw ArrowFailure.Invalid("The ArrowArray to write to was NULL.");
        ArrayExport.Write(_block, target);
    }
}
