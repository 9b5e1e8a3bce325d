using System.Text;

namespace ZkArrow.Embedded;

/// <summary>A prepared statement, used again and again: bind, step, and reset by disposing the use.</summary>
internal sealed unsafe class SqliteStatement(SqliteDatabase database, nint statement)
{
    private static readonly byte[] _some = [0];

    /// <summary>Begins a use; disposing it lets go of the rows and locks that the use holds.</summary>
    public Use Begin() => new(this);

    public void Free() => _ = Sqlite.sqlite3_finalize(statement);

    private void Check(int code)
    {
        if (code != Sqlite.OK)
            throw database.Error(code);
    }

    internal readonly struct Use(SqliteStatement owner) : IDisposable
    {
        private nint Handle => owner.Handle;

        public Use Bind(int index, string text)
        {
            Span<byte> bytes = stackalloc byte[512];
            if (Encoding.UTF8.GetMaxByteCount(text.Length) > bytes.Length)
                bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
            int count = Encoding.UTF8.GetBytes(text, bytes);
            fixed (byte* start = bytes)
                owner.Check(Sqlite.sqlite3_bind_text(Handle, index, start, count, Sqlite.Transient));
            return this;
        }

        public Use Bind(int index, long value)
        {
            owner.Check(Sqlite.sqlite3_bind_int64(Handle, index, value));
            return this;
        }

        public Use Bind(int index, ReadOnlySpan<byte> data)
        {
            // an empty one has no address, which SQLite would take for NULL
            fixed (byte* start = data.IsEmpty ? _some : data)
                owner.Check(Sqlite.sqlite3_bind_blob(Handle, index, start, data.Length, Sqlite.Transient));
            return this;
        }

        /// <summary>Whether there is a row more.</summary>
        public bool Step()
        {
            int code = Sqlite.sqlite3_step(Handle);
            return code switch
            {
                Sqlite.ROW => true,
                Sqlite.DONE => false,
                _ => throw owner.Error(code),
            };
        }

        /// <summary>Steps to the end of a statement whose rows nobody wants.</summary>
        public void Run()
        {
            while (Step())
            {
            }
        }

        public long Int64(int column) => Sqlite.sqlite3_column_int64(Handle, column);

        public byte[] Bytes(int column) => Span(column).ToArray();

        public string Text(int column) => Encoding.UTF8.GetString(Span(column));

        public void Dispose() => _ = Sqlite.sqlite3_reset(Handle);

        private ReadOnlySpan<byte> Span(int column)
        {
            byte* start = Sqlite.sqlite3_column_blob(Handle, column);
            return new ReadOnlySpan<byte>(start, Sqlite.sqlite3_column_bytes(Handle, column));
        }
    }

    private nint Handle => statement;

    private SqliteException Error(int code) => database.Error(code);
}
