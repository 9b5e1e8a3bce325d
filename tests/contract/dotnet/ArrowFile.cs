using System.Runtime.InteropServices;
using ZkArrow.ArrowC;
using ZkArrow.Ipc;

namespace ZkArrow.ContractDriver;

/// <summary>Publishes Arrow files with types that no .NET object can hold.</summary>
internal static class ArrowFile
{
    public static async Task<DatasetVersion> PublishAsync(ZkArrowClient client, string name, string path)
    {
        using ArrowTable table = Read(await File.ReadAllBytesAsync(path));
        return await client.PublishAsync(name, table, new PublishOptions { Residency = Residency.Host }, TimeSpan.FromSeconds(30), CancellationToken.None);
    }

    private static unsafe ArrowTable Read(byte[] file)
    {
        Memory memory = new(file);
        return IpcReader.Read(memory.Start, file.Length, memory, ValidationLevel.Full, out _);
    }

    private sealed unsafe class Memory : IDisposable
    {
        public Memory(byte[] file)
        {
            Start = (byte*)NativeMemory.AlignedAlloc((nuint)file.Length, 64);
            file.CopyTo(new Span<byte>(Start, file.Length));
        }

        public byte* Start { get; }

        public void Dispose() => NativeMemory.AlignedFree(Start);
    }
}
