using System.Diagnostics;
using System.Text.Json.Nodes;

namespace ZkArrow.FaultWorker;

/// <summary>
/// What one worker did, in lines of JSON: one when an operation is called and one when it ended. The times are of the
/// monotonic clock, which all processes of a machine share. What never ended may have been applied.
/// </summary>
internal sealed class History(string file, string worker) : IDisposable
{
    private readonly StreamWriter _writer = new(file) { AutoFlush = true };
    private long _operations;

    /// <summary>Runs an operation and writes down how it ended, as its caller was told.</summary>
    /// <returns>Null when it did not succeed.</returns>
    public async Task<T?> RecordAsync<T>(string operation, JsonObject about, Func<Task<T>> run, Action<T, JsonObject> describe)
        where T : class
    {
        about["worker"] = worker;
        about["id"] = ++_operations;
        about["operation"] = operation;
        about["called"] = Stopwatch.GetTimestamp();
        Write(about, "called");
        try
        {
            T result = await run();
            about["ended"] = Stopwatch.GetTimestamp();
            describe(result, about);
            Write(about, "ok");
            return result;
        }
        catch (Exception e) when (e is ZkArrowException or ZkArrowCanceledException)
        {
            about["ended"] = Stopwatch.GetTimestamp();
            about["status"] = e is ZkArrowException known ? known.Status.ToString() : "Cancelled";
            about["message"] = e.Message;
            bool unknown = e is ZkArrowException { IsOutcomeUnknown: true } or ZkArrowCanceledException { IsOutcomeUnknown: true };
            Write(about, unknown ? "unknown" : "failed");
            return null;
        }
    }

    public void Dispose() => _writer.Dispose();

    private void Write(JsonObject about, string outcome)
    {
        about["outcome"] = outcome;
        _writer.WriteLine(about.ToJsonString());
    }
}
