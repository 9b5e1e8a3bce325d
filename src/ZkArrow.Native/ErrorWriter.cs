using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace ZkArrow.Native;

/// <summary>Fills a caller's <c>zka_error</c>. Nothing here throws, and without a message nothing here allocates managed memory.</summary>
internal static unsafe class ErrorWriter
{
    private static readonly nint ReleasePointer = (nint)(delegate* unmanaged[Cdecl]<ZkaError*, void>)&Release;

    /// <summary>
    /// Releases what an earlier call left. False for a struct that was not initialised: its release can be any number, so
    /// that one which is not this library's is not called.
    /// </summary>
    public static bool Clear(ZkaError* error)
    {
        if (error == null)
            return true;
        if (error->StructSize < sizeof(ZkaError) || (error->Release != null && (nint)error->Release != ReleasePointer))
            return false;
        Free(error);
        error->Status = (int)ZkArrowStatus.Ok;
        error->KeeperCode = 0;
        error->Flags = 0;
        return true;
    }

    public static void Write(ZkaError* error, int status, int keeperCode, uint flags, string message)
    {
        if (error == null)
            return;
        int size = Encoding.UTF8.GetMaxByteCount(message.Length);
        byte* text = Allocate(size);
        int length = text == null ? 0 : Encoding.UTF8.GetBytes(message, new Span<byte>(text, size));
        Write(error, status, keeperCode, flags, text, length);
    }

    public static void Write(ZkaError* error, int status, ReadOnlySpan<byte> message)
    {
        if (error == null)
            return;
        byte* text = Allocate(message.Length);
        if (text != null)
            message.CopyTo(new Span<byte>(text, message.Length));
        Write(error, status, 0, 0, text, message.Length);
    }

    /// <summary>Takes over a text made by <see cref="Allocate"/>; NULL for none.</summary>
    private static void Write(ZkaError* error, int status, int keeperCode, uint flags, byte* text, int length)
    {
        error->Status = status;
        error->KeeperCode = keeperCode;
        error->Flags = flags;
        error->Message = text;
        error->Release = text == null ? null : (delegate* unmanaged[Cdecl]<ZkaError*, void>)ReleasePointer;
        error->PrivateData = null;
        if (text == null)
            return;
        Span<byte> line = new(text, length);
        line.Replace((byte)'\n', (byte)' ');
        line.Replace((byte)'\r', (byte)' ');
        text[length] = 0;
    }

    /// <summary>Room for a text and its end; NULL when memory has run out.</summary>
    private static byte* Allocate(int length)
    {
        try
        {
            return (byte*)NativeMemory.Alloc((nuint)length + 1);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    private static void Free(ZkaError* error)
    {
        if (error->Release != null)
            NativeMemory.Free(error->Message);
        error->Message = null;
        error->Release = null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(ZkaError* error)
    {
        if (error != null)
            Free(error);
    }
}
