using System.Runtime.InteropServices;
using System.Text;

namespace ZkArrow.Sql.DuckDb;

/// <summary>Text as C has it, for the length of a call.</summary>
internal unsafe ref struct Utf8
{
    private byte* _text;

    public Utf8(string text) => _text = (byte*)Marshal.StringToCoTaskMemUTF8(text);

    public readonly byte* Text => _text;

    public static string Read(byte* text) => text == null ? "" : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));

    /// <summary>Reads what DuckDB made for the caller, and frees it.</summary>
    public static string Take(byte* text)
    {
        string taken = Read(text);
        DuckDbApi.Free(text);
        return taken;
    }

    public void Dispose()
    {
        Marshal.FreeCoTaskMem((nint)_text);
        _text = null;
    }
}
