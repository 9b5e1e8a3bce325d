using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace ZkArrow.Cli;

/// <summary>
/// Where a command writes: its result to standard output, everything else to standard error. With <c>--json</c> standard
/// output is exactly one document, also when the command fails.
/// </summary>
internal sealed class CommandOutput(TextWriter result, TextWriter errors, bool isTerminal)
{
    // nobody puts these lines into a web page, and an escaped apostrophe cannot be copied
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // of all terminals the one that says that it has no colour
    private const string Dumb = "dumb";

    public TextWriter Result => result;

    public TextWriter Errors => errors;

    /// <summary>A console for standard output, in colour only where a person sees it and wants it.</summary>
    public IAnsiConsole Console(bool noColor)
    {
        bool plain = noColor || !isTerminal || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            || Environment.GetEnvironmentVariable("TERM") == Dumb;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Yes,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Standard,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(result),
        });

        // a line to be copied must stay one line, whatever the width
        console.Profile.Width = int.MaxValue;
        return console;
    }

    public void Json<T>(T document, JsonTypeInfo<T> type) => Json(writer => JsonSerializer.Serialize(writer, document, type));

    /// <summary>Says why the command failed, to people and, if asked for, to programs.</summary>
    public void Fail(ZkArrowStatus status, string message, bool json)
    {
        errors.WriteLine($"zkarrow: {message}");
        if (json)
            Json(writer => new JsonObject { ["error"] = new JsonObject { ["status"] = JsonNamingPolicy.SnakeCaseLower.ConvertName($"{status}"), ["message"] = message } }.WriteTo(writer));
    }

    private void Json(Action<Utf8JsonWriter> write)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes, Readable))
            write(writer);
        result.WriteLine(Encoding.UTF8.GetString(bytes.ToArray()));
    }
}
