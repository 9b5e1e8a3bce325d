using ZkArrow.ArrowC;

namespace ZkArrow.Fuzz;

/// <summary>
/// Reads an input as changes to the structs of a good table. The first byte picks three columns; then come changes of six
/// bytes: which struct, which field of it, which entry of that, and a value.
/// </summary>
internal static unsafe class StructMutator
{
    private const int Rows = 4;
    private static readonly string[] Formats = [.. Shape.Columns.Select(static column => column.Format), "+us:", "w:0", "d:3,1,256", "+w:", "tss:", "?"];
    private static readonly long[] Extremes =
    [
        -1, -2, long.MinValue, long.MaxValue, int.MaxValue, int.MinValue, 1L << 32, 1L << 56, (1L << 56) + 1, long.MaxValue / 8, 0, 1, 4, 8, 9, 1_000_001,
    ];
    private static readonly List<nint> Schemas = [], Arrays = [];

    public static ArrowSchema* Apply(ReadOnlySpan<byte> input, out ArrowArray* array)
    {
        StructArena.Clear();
        int first = input.IsEmpty ? 0 : input[0];
        Shape table = Shape.Of("+s", [.. Enumerable.Range(first, 3).Select(i => Shape.Columns[i % Shape.Columns.Length])]);
        ArrowSchema* schema = table.Schema("");
        array = table.Array(Rows);
        Schemas.Clear();
        Arrays.Clear();
        List(schema);
        List(array);
        for (ReadOnlySpan<byte> rest = input.IsEmpty ? [] : input[1..]; rest.Length >= 6; rest = rest[6..])
        {
            int which = rest[0] % (Schemas.Count + Arrays.Count);
            if (which < Schemas.Count) Change((ArrowSchema*)Schemas[which], rest);
            else Change((ArrowArray*)Arrays[which - Schemas.Count], rest);
        }

        Truth.Restore(schema, array);
        return schema;
    }

    private static void Change(ArrowSchema* schema, ReadOnlySpan<byte> change)
    {
        int entry = change[2], small = change[3];
        switch (change[1] % 12)
        {
            case 0:
                schema->Format = StructArena.Text(Formats[entry % Formats.Length]);
                break;
            case 1:
                if (schema->Format != null) schema->Format[entry % (StructArena.TextBytes - 1)] = change[3];
                break;
            case 2:
                if (schema->Name != null) schema->Name[entry % (StructArena.TextBytes - 1)] = change[3];
                break;
            case 3:
                schema->Flags = Number(change);
                break;
            case 4:
                schema->NChildren = Number(change);
                break;
            case 5:
                schema->Children[entry % StructArena.ListEntries] = (ArrowSchema*)Other(Schemas, small);
                break;
            case 6:
                schema->Dictionary = (ArrowSchema*)Other(Schemas, small);
                break;
            case 7 or 8:
                if (schema->Metadata == null) schema->Metadata = (byte*)StructArena.Buffer();
                change[3..6].CopyTo(new Span<byte>(schema->Metadata + entry, 3));
                break;
            case 9:
                schema->Release = null;
                break;
            case 10:
                schema->Name = null;
                break;
            default:
                if (small == 0) schema->Format = null;
                else schema->NChildren = small % StructArena.ListEntries;
                break;
        }
    }

    private static void Change(ArrowArray* array, ReadOnlySpan<byte> change)
    {
        int entry = change[2] % StructArena.ListEntries, small = change[3];
        switch (change[1] % 12)
        {
            case 0:
                array->Length = Number(change);
                break;
            case 1:
                array->NullCount = Number(change);
                break;
            case 2:
                array->Offset = Number(change);
                break;
            case 3:
                array->NBuffers = Number(change);
                break;
            case 4:
                array->NChildren = Number(change);
                break;
            case 5:
                if (array->Children != null) array->Children[entry] = (ArrowArray*)Other(Arrays, small);
                break;
            case 6:
                array->Dictionary = (ArrowArray*)Other(Arrays, small);
                break;
            case 7:
                if (array->Buffers != null) array->Buffers[entry] = small % 3 == 0 ? null : StructArena.Buffer();
                break;
            case 8:
                array->Release = null;
                break;
            case 9:
                if (small == 0) array->Buffers = null;
                else if (small == 1) array->Children = null;
                break;
            default:
                if (array->Buffers != null && array->Buffers[entry] != null)
                    change[3..6].CopyTo(new Span<byte>((byte*)array->Buffers[entry] + (change[2] / StructArena.ListEntries * 4), 3));
                break;
        }

        // a change that needs the lists finds them
        if (array->Children == null && change[1] % 12 == 5) array->Children = (ArrowArray**)StructArena.Buffer();
    }

    private static long Number(ReadOnlySpan<byte> change) =>
        change[3] < 128 ? (sbyte)change[2] : Extremes[change[2] % Extremes.Length];

    /// <summary>Another struct of the table, which may be one above; or none.</summary>
    private static nint Other(List<nint> all, int which) => which % 4 == 0 ? 0 : all[which % all.Count];

    private static void List(ArrowSchema* schema)
    {
        Schemas.Add((nint)schema);
        for (long i = 0; i < schema->NChildren; i++) List(schema->Children[i]);
        if (schema->Dictionary != null) List(schema->Dictionary);
    }

    private static void List(ArrowArray* array)
    {
        Arrays.Add((nint)array);
        for (long i = 0; i < array->NChildren; i++) List(array->Children[i]);
        if (array->Dictionary != null) List(array->Dictionary);
    }
}
