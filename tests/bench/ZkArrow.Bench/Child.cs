using System.Diagnostics;
using System.Globalization;

namespace ZkArrow.Bench;

/// <summary>This program once more, in a process of its own; what it prints are words the parent waits for.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(120);
    private readonly Process _process;

    public Child(params string[] arguments)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(typeof(Child).Assembly.Location);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
    }

    /// <summary>The moment the child names with <paramref name="word"/>, on the clock that all processes share.</summary>
    public async Task<long> SaidAsync(string word)
    {
        string? line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Silence);
        string[] words = line?.Split(' ') ?? [];
        return words is [string said, string at] && said == word
            ? long.Parse(at, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"waited for '{word}' of a child, which said '{line ?? "nothing and ended"}'");
    }

    public Task TellAsync(string word) => _process.StandardInput.WriteLineAsync(word);

    /// <summary>Ends it at once, as a crash does.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        // the end of its input is how it is told to end
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(Silence);
        _process.Dispose();
    }

    /// <summary>In the child: names this moment.</summary>
    public static void Say(string word, long at)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{word} {at}"));
            Console.Out.Flush();
        }
    }
}
