using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace ZkArrow.Native;

/// <summary>The functions of <c>zkarrow.h</c> that need no object. An export checks, zeroes, calls once and maps what was thrown.</summary>
internal static unsafe class LibraryExports
{
    [UnmanagedCallersOnly(EntryPoint = "zka_abi_version", CallConvs = [typeof(CallConvCdecl)])]
    internal static uint AbiVersion() => 0;

    [UnmanagedCallersOnly(EntryPoint = "zka_version_string", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte* VersionString() => StaticText.Of("0.1.0"u8);

    [UnmanagedCallersOnly(EntryPoint = "zka_status_name", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte* StatusName(int status) => StaticText.Of((ZkArrowStatus)status switch
    {
        ZkArrowStatus.Ok => "ZKA_OK"u8,
        ZkArrowStatus.InvalidArgument => "ZKA_INVALID_ARGUMENT"u8,
        ZkArrowStatus.InvalidHandle => "ZKA_INVALID_HANDLE"u8,
        ZkArrowStatus.NotFound => "ZKA_NOT_FOUND"u8,
        ZkArrowStatus.AlreadyExists => "ZKA_ALREADY_EXISTS"u8,
        ZkArrowStatus.Conflict => "ZKA_CONFLICT"u8,
        ZkArrowStatus.NotOwner => "ZKA_NOT_OWNER"u8,
        ZkArrowStatus.Fenced => "ZKA_FENCED"u8,
        ZkArrowStatus.SchemaMismatch => "ZKA_SCHEMA_MISMATCH"u8,
        ZkArrowStatus.NotResident => "ZKA_NOT_RESIDENT"u8,
        ZkArrowStatus.DataLost => "ZKA_DATA_LOST"u8,
        ZkArrowStatus.Corrupt => "ZKA_CORRUPT"u8,
        ZkArrowStatus.NoSpace => "ZKA_NO_SPACE"u8,
        ZkArrowStatus.TooLarge => "ZKA_TOO_LARGE"u8,
        ZkArrowStatus.Timeout => "ZKA_TIMEOUT"u8,
        ZkArrowStatus.Cancelled => "ZKA_CANCELLED"u8,
        ZkArrowStatus.Unavailable => "ZKA_UNAVAILABLE"u8,
        ZkArrowStatus.SessionExpired => "ZKA_SESSION_EXPIRED"u8,
        ZkArrowStatus.Unauthenticated => "ZKA_UNAUTHENTICATED"u8,
        ZkArrowStatus.PermissionDenied => "ZKA_PERMISSION_DENIED"u8,
        ZkArrowStatus.Unsupported => "ZKA_UNSUPPORTED"u8,
        ZkArrowStatus.Forked => "ZKA_FORKED"u8,
        ZkArrowStatus.Busy => "ZKA_BUSY"u8,
        ZkArrowStatus.Internal => "ZKA_INTERNAL"u8,
        _ => "ZKA_UNKNOWN"u8,
    });

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
