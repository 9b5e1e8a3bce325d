using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ZkArrow.ArrowC;
using ZkArrow.Sql.DuckDb;
using static ZkArrow.Sql.DuckDb.DuckDbApi;

namespace ZkArrow.Sql;

/// <summary>
/// The table function by which DuckDB reads a dataset: only the columns that the query needs, in pieces of its own vectors'
/// length, which lie over the mapped bytes wherever the type allows. Called on DuckDB's threads; nothing is thrown into it.
/// </summary>
internal static unsafe class ScanFunction
{
    public const string Name = "zkarrow_scan";
    private const int BigInt = 5;
    private const long VectorRows = 2048;

    /// <summary>Registers it, with the database whose sources its parameter counts.</summary>
    public static void Register(nint connection, nint database)
    {
        nint function = CreateTableFunction();
        nint integer = CreateLogicalType(BigInt);
        using Utf8 name = new(Name);
        TableFunctionSetName(function, name.Text);
        TableFunctionAddParameter(function, integer);
        TableFunctionSetExtraInfo(function, database, 0);
        TableFunctionSetBind(function, &Bind);
        TableFunctionSetInit(function, &Init);
        TableFunctionSetLocalInit(function, &InitLocal);
        TableFunctionSetFunction(function, &Scan);
        TableFunctionSupportsProjectionPushdown(function, 1);
        int state = RegisterTableFunction(connection, function);
        DestroyTableFunction(&function);
        DestroyLogicalType(&integer);
        if (state != 0)
            throw new ZkArrowException(ZkArrowStatus.Internal, "DuckDB refused the table function of ZkArrow; report it with the version of libduckdb");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Bind(nint info)
    {
        var database = (SqlDatabase)GCHandle.FromIntPtr(BindGetExtraInfo(info)).Target!;
        try
        {
            nint parameter = BindGetParameter(info, 0);
            long number = GetInt64(parameter);
            DestroyValue(&parameter);
            ScanSource source = number >= 0 && number < database.Sources.Count
                ? database.Sources[(int)number]
                : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"{Name} is not to be called; name the dataset as a table");
            AddColumns(info, database.Converter, source);
            BindSetCardinality(info, (ulong)source.Data.Rows, 1);
            BindSetBindData(info, GCHandle.ToIntPtr(GCHandle.Alloc(new Bound(database, source))), &Free);
        }
        catch (Exception e)
        {
            using Utf8 message = database.Note(e);
            BindSetError(info, message.Text);
        }
    }

    /// <summary>The types are asked of DuckDB itself, with a chunk of no rows.</summary>
    private static void AddColumns(nint info, nint connection, ScanSource source)
    {
        SchemaNode root = source.Data.Schema.Root;
        if (root.Children.Length == 0)
            throw new ZkArrowException(ZkArrowStatus.Unsupported, $"the dataset '{source.Name}' has no columns, which SQL cannot express");
        foreach (SchemaNode column in root.Children)
            RefuseInnerDictionaries(column);
        nint converted = source.Convert(connection, AllColumns(root));
        nint chunk = 0;
        try
        {
            ArrowArray empty;
            ArrowSlice.MakeEmpty(root, &empty);
            chunk = Chunk(connection, &empty, converted);
            for (int i = 0; i < root.Children.Length; i++)
            {
                nint type = VectorGetColumnType(DataChunkGetVector(chunk, (ulong)i));
                using Utf8 name = new(Encoding.UTF8.GetString(root.Children[i].Name));
                BindAddResultColumn(info, name.Text, type);
                DestroyLogicalType(&type);
            }
        }
        finally
        {
            DestroyDataChunk(&chunk);
            DestroyArrowConvertedSchema(&converted);
        }
    }

    /// <summary>DuckDB 1.5 takes a dictionary for a whole column, and fails at one within a column.</summary>
    private static void RefuseInnerDictionaries(SchemaNode node)
    {
        foreach (SchemaNode child in node.Dictionary?.Children ?? node.Children)
        {
            if (child.Dictionary != null)
                throw new ZkArrowException(ZkArrowStatus.Unsupported, $"{child.Label} is a dictionary within another type, which DuckDB does not know");
            RefuseInnerDictionaries(child);
        }
    }

    private static int[] AllColumns(SchemaNode root) => [.. Enumerable.Range(0, root.Children.Length)];

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Init(nint info)
    {
        var bound = (Bound)GCHandle.FromIntPtr(InitGetBindData(info)).Target!;
        try
        {
            int[] columns = new int[InitGetColumnCount(info)];
            for (int i = 0; i < columns.Length; i++)
            {
                // where no column is needed DuckDB asks for one that is none; any will do, for only its length counts
                ulong index = InitGetColumnIndex(info, (ulong)i);
                columns[i] = index < (ulong)bound.Source.Data.Schema.Root.Children.Length ? (int)index : 0;
            }

            InitSetMaxThreads(info, (ulong)Math.Max(1, bound.Source.Morsels.Count));
            Scanning scanning = new(bound, columns, bound.Source.Convert(bound.Database.Converter, columns));
            InitSetInitData(info, GCHandle.ToIntPtr(GCHandle.Alloc(scanning)), &Free);
        }
        catch (Exception e)
        {
            using Utf8 message = bound.Database.Note(e);
            InitSetError(info, message.Text);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void InitLocal(nint info) => InitSetInitData(info, GCHandle.ToIntPtr(GCHandle.Alloc(new Turn())), &Free);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Scan(nint info, nint output)
    {
        var scanning = (Scanning)GCHandle.FromIntPtr(FunctionGetInitData(info)).Target!;
        try
        {
            var turn = (Turn)GCHandle.FromIntPtr(FunctionGetLocalInitData(info)).Target!;
            if (turn.Done == turn.Morsel.Length && !scanning.TryTake(turn))
            {
                DataChunkSetSize(output, 0);
                return;
            }

            long rows = Math.Min(VectorRows, turn.Morsel.Length - turn.Done);
            ArrowArray slice;
            ArrowTable data = scanning.Bound.Source.Data;
            ArrowSlice.Make(data.Batches[turn.Morsel.Batch].View, data.Schema.Root, scanning.Columns, turn.Morsel.Start + turn.Done, rows, &slice);
            turn.Done += rows;
            nint chunk = Chunk(scanning.Bound.Database.Converter, &slice, scanning.Converted);
            for (int i = 0; i < scanning.Columns.Length; i++)
                VectorReferenceVector(DataChunkGetVector(output, (ulong)i), DataChunkGetVector(chunk, (ulong)i));
            DataChunkSetSize(output, (ulong)rows);
            DestroyDataChunk(&chunk);
        }
        catch (Exception e)
        {
            using Utf8 message = scanning.Bound.Database.Note(e);
            FunctionSetError(info, message.Text);
        }
    }

    /// <summary>Moves an array into a chunk; it is released in any case.</summary>
    private static nint Chunk(nint connection, ArrowArray* array, nint converted)
    {
        nint chunk = 0;
        try
        {
            DuckDbFailure.ThrowIf(DataChunkFromArrow(connection, array, converted, &chunk), "DuckDB could not take the rows");
            return chunk;
        }
        finally
        {
            if (array->Release != null)
                array->Release(array);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(nint data)
    {
        GCHandle handle = GCHandle.FromIntPtr(data);
        (handle.Target as IDisposable)?.Dispose();
        handle.Free();
    }

    /// <summary>A use of a dataset in a statement.</summary>
    private sealed record Bound(SqlDatabase Database, ScanSource Source);

    /// <summary>One scan, by as many threads as there are.</summary>
    private sealed class Scanning(Bound bound, int[] columns, nint converted) : IDisposable
    {
        private int _next = -1;

        public Bound Bound => bound;

        public int[] Columns => columns;

        public nint Converted => converted;

        public bool TryTake(Turn turn)
        {
            int next = Interlocked.Increment(ref _next);
            if (next >= bound.Source.Morsels.Count)
                return false;
            bound.Source.Data.ThrowIfDamaged();
            (turn.Morsel, turn.Done) = (bound.Source.Morsels[next], 0);
            return true;
        }

        public void Dispose()
        {
            nint schema = converted;
            DestroyArrowConvertedSchema(&schema);
        }
    }

    /// <summary>The morsel that a thread is at.</summary>
    private sealed class Turn
    {
        public Morsel Morsel { get; set; }

        public long Done { get; set; }
    }
}
