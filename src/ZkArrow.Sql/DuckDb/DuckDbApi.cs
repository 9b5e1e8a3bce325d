using ZkArrow.ArrowC;
using static ZkArrow.Sql.DuckDb.DuckDbLibrary;

namespace ZkArrow.Sql.DuckDb;

/// <summary>The result of a query, field for field; it is passed by value.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential)]
internal struct DuckDbResult
{
    public ulong ColumnCount;
    public ulong RowCount;
    public ulong RowsChanged;
    public nint Columns;
    public nint ErrorMessage;
    public nint InternalData;
}

/// <summary>The functions of DuckDB's C API that are used here, under their names without the prefix.</summary>
/// <remarks>Handles are pointers, and a state is 0 for success. Bound when SQL is first used.</remarks>
internal static unsafe class DuckDbApi
{
    // a database, and connections to it
    public static readonly delegate* unmanaged[Cdecl]<nint*, int> CreateConfig = (delegate* unmanaged[Cdecl]<nint*, int>)Function("duckdb_create_config");
    public static readonly delegate* unmanaged[Cdecl]<nint, byte*, byte*, int> SetConfig = (delegate* unmanaged[Cdecl]<nint, byte*, byte*, int>)Function("duckdb_set_config");
    public static readonly delegate* unmanaged[Cdecl]<nint*, void> DestroyConfig = (delegate* unmanaged[Cdecl]<nint*, void>)Function("duckdb_destroy_config");
    public static readonly delegate* unmanaged[Cdecl]<byte*, nint*, nint, byte**, int> OpenExt = (delegate* unmanaged[Cdecl]<byte*, nint*, nint, byte**, int>)Function("duckdb_open_ext");
    public static readonly delegate* unmanaged[Cdecl]<nint*, void> Close = (delegate* unmanaged[Cdecl]<nint*, void>)Function("duckdb_close");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint*, int> Connect = (delegate* unmanaged[Cdecl]<nint, nint*, int>)Function("duckdb_connect");
    public static readonly delegate* unmanaged[Cdecl]<nint*, void> Disconnect = (delegate* unmanaged[Cdecl]<nint*, void>)Function("duckdb_disconnect");
    public static readonly delegate* unmanaged[Cdecl]<nint, void> Interrupt = (delegate* unmanaged[Cdecl]<nint, void>)Function("duckdb_interrupt");
    public static readonly delegate* unmanaged[Cdecl]<void*, void> Free = (delegate* unmanaged[Cdecl]<void*, void>)Function("duckdb_free");

    // the names of a statement, as a list value
    public static readonly delegate* unmanaged[Cdecl]<nint, byte*, byte, nint> GetTableNames = (delegate* unmanaged[Cdecl]<nint, byte*, byte, nint>)Function("duckdb_get_table_names");
    public static readonly delegate* unmanaged[Cdecl]<nint, ulong> GetListSize = (delegate* unmanaged[Cdecl]<nint, ulong>)Function("duckdb_get_list_size");
    public static readonly delegate* unmanaged[Cdecl]<nint, ulong, nint> GetListChild = (delegate* unmanaged[Cdecl]<nint, ulong, nint>)Function("duckdb_get_list_child");
    public static readonly delegate* unmanaged[Cdecl]<nint, byte*> GetVarchar = (delegate* unmanaged[Cdecl]<nint, byte*>)Function("duckdb_get_varchar");
    public static readonly delegate* unmanaged[Cdecl]<nint, long> GetInt64 = (delegate* unmanaged[Cdecl]<nint, long>)Function("duckdb_get_int64");
    public static readonly delegate* unmanaged[Cdecl]<long, nint> CreateInt64 = (delegate* unmanaged[Cdecl]<long, nint>)Function("duckdb_create_int64");
    public static readonly delegate* unmanaged[Cdecl]<nint*, void> DestroyValue = (delegate* unmanaged[Cdecl]<nint*, void>)Function("duckdb_destroy_value");

    // a statement and its streaming result
    public static readonly delegate* unmanaged[Cdecl]<nint, byte*, nint*, int> Prepare = (delegate* unmanaged[Cdecl]<nint, byte*, nint*, int>)Function("duckdb_prepare");
    public static readonly delegate* unmanaged[Cdecl]<nint, byte*> PrepareError = (delegate* unmanaged[Cdecl]<nint, byte*>)Function("duckdb_prepare_error");
    public static readonly delegate* unmanaged[Cdecl]<nint, int> PreparedStatementType = (delegate* unmanaged[Cdecl]<nint, int>)Function("duckdb_prepared_statement_type");
    public static readonly delegate* unmanaged[Cdecl]<nint*, void> DestroyPrepare = (delegate* unmanaged[Cdecl]<nint*, void>)Function("duckdb_destroy_prepare");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint*, int> PendingPreparedStreaming = (delegate* unmanaged[Cdecl]<nint, nint*, int>)Function("duckdb_pending_prepared_streaming");
    public static readonly delegate* unmanaged[Cdecl]<nint, byte*> PendingError = (delegate* unmanaged[Cdecl]<nint, byte*>)Function("duckdb_pending_error");
    public static readonly delegate* unmanaged[Cdecl]<nint, DuckDbResult*, int> ExecutePending = (delegate* unmanaged[Cdecl]<nint, DuckDbResult*, int>)Function("duckdb_execute_pending");
    public static readonly delegate* unmanaged[Cdecl]<nint*, void> DestroyPending = (delegate* unmanaged[Cdecl]<nint*, void>)Function("duckdb_destroy_pending");
    public static readonly delegate* unmanaged[Cdecl]<DuckDbResult*, byte*> ResultError = (delegate* unmanaged[Cdecl]<DuckDbResult*, byte*>)Function("duckdb_result_error");
    public static readonly delegate* unmanaged[Cdecl]<DuckDbResult*, int> ResultErrorType = (delegate* unmanaged[Cdecl]<DuckDbResult*, int>)Function("duckdb_result_error_type");
    public static readonly delegate* unmanaged[Cdecl]<DuckDbResult*, void> DestroyResult = (delegate* unmanaged[Cdecl]<DuckDbResult*, void>)Function("duckdb_destroy_result");
    public static readonly delegate* unmanaged[Cdecl]<DuckDbResult, nint> FetchChunk = (delegate* unmanaged[Cdecl]<DuckDbResult, nint>)Function("duckdb_fetch_chunk");
    public static readonly delegate* unmanaged[Cdecl]<DuckDbResult*, ulong> ColumnCount = (delegate* unmanaged[Cdecl]<DuckDbResult*, ulong>)Function("duckdb_column_count");
    public static readonly delegate* unmanaged[Cdecl]<DuckDbResult*, ulong, byte*> ColumnName = (delegate* unmanaged[Cdecl]<DuckDbResult*, ulong, byte*>)Function("duckdb_column_name");
    public static readonly delegate* unmanaged[Cdecl]<DuckDbResult*, ulong, nint> ColumnLogicalType = (delegate* unmanaged[Cdecl]<DuckDbResult*, ulong, nint>)Function("duckdb_column_logical_type");

    // chunks and vectors
    public static readonly delegate* unmanaged[Cdecl]<nint*, void> DestroyDataChunk = (delegate* unmanaged[Cdecl]<nint*, void>)Function("duckdb_destroy_data_chunk");
    public static readonly delegate* unmanaged[Cdecl]<nint, ulong, void> DataChunkSetSize = (delegate* unmanaged[Cdecl]<nint, ulong, void>)Function("duckdb_data_chunk_set_size");
    public static readonly delegate* unmanaged[Cdecl]<nint, ulong, nint> DataChunkGetVector = (delegate* unmanaged[Cdecl]<nint, ulong, nint>)Function("duckdb_data_chunk_get_vector");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint> VectorGetColumnType = (delegate* unmanaged[Cdecl]<nint, nint>)Function("duckdb_vector_get_column_type");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint, void> VectorReferenceVector = (delegate* unmanaged[Cdecl]<nint, nint, void>)Function("duckdb_vector_reference_vector");
    public static readonly delegate* unmanaged[Cdecl]<int, nint> CreateLogicalType = (delegate* unmanaged[Cdecl]<int, nint>)Function("duckdb_create_logical_type");
    public static readonly delegate* unmanaged[Cdecl]<nint*, void> DestroyLogicalType = (delegate* unmanaged[Cdecl]<nint*, void>)Function("duckdb_destroy_logical_type");

    // Arrow
    public static readonly delegate* unmanaged[Cdecl]<nint, nint*, void> ConnectionGetArrowOptions = (delegate* unmanaged[Cdecl]<nint, nint*, void>)Function("duckdb_connection_get_arrow_options");
    public static readonly delegate* unmanaged[Cdecl]<nint*, void> DestroyArrowOptions = (delegate* unmanaged[Cdecl]<nint*, void>)Function("duckdb_destroy_arrow_options");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint*, byte**, ulong, ArrowSchema*, nint> ToArrowSchema = (delegate* unmanaged[Cdecl]<nint, nint*, byte**, ulong, ArrowSchema*, nint>)Function("duckdb_to_arrow_schema");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint, ArrowArray*, nint> DataChunkToArrow = (delegate* unmanaged[Cdecl]<nint, nint, ArrowArray*, nint>)Function("duckdb_data_chunk_to_arrow");
    public static readonly delegate* unmanaged[Cdecl]<nint, ArrowSchema*, nint*, nint> SchemaFromArrow = (delegate* unmanaged[Cdecl]<nint, ArrowSchema*, nint*, nint>)Function("duckdb_schema_from_arrow");
    public static readonly delegate* unmanaged[Cdecl]<nint, ArrowArray*, nint, nint*, nint> DataChunkFromArrow = (delegate* unmanaged[Cdecl]<nint, ArrowArray*, nint, nint*, nint>)Function("duckdb_data_chunk_from_arrow");
    public static readonly delegate* unmanaged[Cdecl]<nint*, void> DestroyArrowConvertedSchema = (delegate* unmanaged[Cdecl]<nint*, void>)Function("duckdb_destroy_arrow_converted_schema");
    public static readonly delegate* unmanaged[Cdecl]<nint, byte> ErrorDataHasError = (delegate* unmanaged[Cdecl]<nint, byte>)Function("duckdb_error_data_has_error");
    public static readonly delegate* unmanaged[Cdecl]<nint, byte*> ErrorDataMessage = (delegate* unmanaged[Cdecl]<nint, byte*>)Function("duckdb_error_data_message");
    public static readonly delegate* unmanaged[Cdecl]<nint*, void> DestroyErrorData = (delegate* unmanaged[Cdecl]<nint*, void>)Function("duckdb_destroy_error_data");

    // names of tables that are not there
    public static readonly delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<nint, byte*, nint, void>, nint, nint, void> AddReplacementScan =
        (delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<nint, byte*, nint, void>, nint, nint, void>)Function("duckdb_add_replacement_scan");
    public static readonly delegate* unmanaged[Cdecl]<nint, byte*, void> ReplacementScanSetFunctionName = (delegate* unmanaged[Cdecl]<nint, byte*, void>)Function("duckdb_replacement_scan_set_function_name");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint, void> ReplacementScanAddParameter = (delegate* unmanaged[Cdecl]<nint, nint, void>)Function("duckdb_replacement_scan_add_parameter");

    // the table function
    public static readonly delegate* unmanaged[Cdecl]<nint> CreateTableFunction = (delegate* unmanaged[Cdecl]<nint>)Function("duckdb_create_table_function");
    public static readonly delegate* unmanaged[Cdecl]<nint*, void> DestroyTableFunction = (delegate* unmanaged[Cdecl]<nint*, void>)Function("duckdb_destroy_table_function");
    public static readonly delegate* unmanaged[Cdecl]<nint, byte*, void> TableFunctionSetName = (delegate* unmanaged[Cdecl]<nint, byte*, void>)Function("duckdb_table_function_set_name");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint, void> TableFunctionAddParameter = (delegate* unmanaged[Cdecl]<nint, nint, void>)Function("duckdb_table_function_add_parameter");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint, nint, void> TableFunctionSetExtraInfo = (delegate* unmanaged[Cdecl]<nint, nint, nint, void>)Function("duckdb_table_function_set_extra_info");
    public static readonly delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<nint, void>, void> TableFunctionSetBind = (delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<nint, void>, void>)Function("duckdb_table_function_set_bind");
    public static readonly delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<nint, void>, void> TableFunctionSetInit = (delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<nint, void>, void>)Function("duckdb_table_function_set_init");
    public static readonly delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<nint, void>, void> TableFunctionSetLocalInit = (delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<nint, void>, void>)Function("duckdb_table_function_set_local_init");
    public static readonly delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<nint, nint, void>, void> TableFunctionSetFunction = (delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<nint, nint, void>, void>)Function("duckdb_table_function_set_function");
    public static readonly delegate* unmanaged[Cdecl]<nint, byte, void> TableFunctionSupportsProjectionPushdown = (delegate* unmanaged[Cdecl]<nint, byte, void>)Function("duckdb_table_function_supports_projection_pushdown");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint, int> RegisterTableFunction = (delegate* unmanaged[Cdecl]<nint, nint, int>)Function("duckdb_register_table_function");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint> BindGetExtraInfo = (delegate* unmanaged[Cdecl]<nint, nint>)Function("duckdb_bind_get_extra_info");
    public static readonly delegate* unmanaged[Cdecl]<nint, ulong, nint> BindGetParameter = (delegate* unmanaged[Cdecl]<nint, ulong, nint>)Function("duckdb_bind_get_parameter");
    public static readonly delegate* unmanaged[Cdecl]<nint, byte*, nint, void> BindAddResultColumn = (delegate* unmanaged[Cdecl]<nint, byte*, nint, void>)Function("duckdb_bind_add_result_column");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint, delegate* unmanaged[Cdecl]<nint, void>, void> BindSetBindData = (delegate* unmanaged[Cdecl]<nint, nint, delegate* unmanaged[Cdecl]<nint, void>, void>)Function("duckdb_bind_set_bind_data");
    public static readonly delegate* unmanaged[Cdecl]<nint, ulong, byte, void> BindSetCardinality = (delegate* unmanaged[Cdecl]<nint, ulong, byte, void>)Function("duckdb_bind_set_cardinality");
    public static readonly delegate* unmanaged[Cdecl]<nint, byte*, void> BindSetError = (delegate* unmanaged[Cdecl]<nint, byte*, void>)Function("duckdb_bind_set_error");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint> InitGetBindData = (delegate* unmanaged[Cdecl]<nint, nint>)Function("duckdb_init_get_bind_data");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint, delegate* unmanaged[Cdecl]<nint, void>, void> InitSetInitData = (delegate* unmanaged[Cdecl]<nint, nint, delegate* unmanaged[Cdecl]<nint, void>, void>)Function("duckdb_init_set_init_data");
    public static readonly delegate* unmanaged[Cdecl]<nint, ulong> InitGetColumnCount = (delegate* unmanaged[Cdecl]<nint, ulong>)Function("duckdb_init_get_column_count");
    public static readonly delegate* unmanaged[Cdecl]<nint, ulong, ulong> InitGetColumnIndex = (delegate* unmanaged[Cdecl]<nint, ulong, ulong>)Function("duckdb_init_get_column_index");
    public static readonly delegate* unmanaged[Cdecl]<nint, ulong, void> InitSetMaxThreads = (delegate* unmanaged[Cdecl]<nint, ulong, void>)Function("duckdb_init_set_max_threads");
    public static readonly delegate* unmanaged[Cdecl]<nint, byte*, void> InitSetError = (delegate* unmanaged[Cdecl]<nint, byte*, void>)Function("duckdb_init_set_error");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint> FunctionGetInitData = (delegate* unmanaged[Cdecl]<nint, nint>)Function("duckdb_function_get_init_data");
    public static readonly delegate* unmanaged[Cdecl]<nint, nint> FunctionGetLocalInitData = (delegate* unmanaged[Cdecl]<nint, nint>)Function("duckdb_function_get_local_init_data");
    public static readonly delegate* unmanaged[Cdecl]<nint, byte*, void> FunctionSetError = (delegate* unmanaged[Cdecl]<nint, byte*, void>)Function("duckdb_function_set_error");
}
