using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace ZkArrow.Native;

/// <summary>The functions of <c>zkarrow.h</c> that need no object. An export checks, zeroes, calls once and maps what was thrown.</summary>
internal static unsafe class LibraryExports
{
    [UnmanagedCallersOnly(EntryPoint = "zka_abi_version", CallConvs = [typeof(CallConvCdecl)])]
    internal static uint AbiVersion() => Zka.AbiVersion;

    [UnmanagedCallersOnly(EntryPoint = "zka_version_string", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte* VersionString() => StaticText.Of(Zka.VersionString);

    [UnmanagedCallersOnly(EntryPoint = "zka_status_name", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte* StatusName(int status) => StaticText.Of(Zka.StatusName(status));

    [UnmanagedCallersOnly(EntryPoint = "zka_set_log_callback", CallConvs = [typeof(CallConvCdecl)])]
    internal static void SetLogCallback(delegate* unmanaged[Cdecl]<void*, int, byte*, void> callback, void* payload, int level)
    {
        if (!Guard.Enter(null, out _))
            return;
        try
        {
            CallbackLog.Current = callback == null ? null : new CallbackLog(callback, payload, (LogLevel)level);
        }
        catch (OutOfMemoryException)
        {
            // there is nobody to tell
        }
    }
}
