using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace ZkArrow.Native;

/// <summary>
/// Runs once, while the runtime starts and no other thread of ours exists. The first thread that waits for a lock reads an
/// environment variable, which needs UTF-8; when another thread is just then inside UTF-8's own static constructor, waiting
/// for a lock, the runtime sees its half-made statics and dies (seen with .NET 10.0: SIGSEGV in Utf8StringMarshaller below
/// Lock.TryInitializeStatics). Made here, they are whole before anything can wait.
/// </summary>
internal static class RuntimeStart
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "This is the whole program: nobody else could run it early enough.")]
    internal static void MakeStatics()
    {
        _ = Encoding.UTF8.GetByteCount(Environment.GetEnvironmentVariable("ZKARROW_LIBRARY") ?? "");
    }
}
