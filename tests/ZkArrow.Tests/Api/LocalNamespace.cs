using Apache.Arrow;
using Apache.Arrow.Types;

namespace ZkArrow.Tests.Api;

/// <summary>A folder of the embedded coordinator that is gone at the end of a test.</summary>
internal sealed class LocalNamespace : IDisposable
{
    private readonly string _folder = Path.Combine("/dev/shm", Path.GetRandomFileName());

    public string Url => $"local:{_folder}";

    /// <summary>One row of one column.</summary>
    public static RecordBatch Row(long value = 1) => new(
        new Schema([new Field("x", Int64Type.Default, nullable: false)], null), [new Int64Array.Builder().Append(value).Build()], 1);

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }
}
