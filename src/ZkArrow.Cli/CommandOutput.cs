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

    public TextWriter Result => result;

    public TextWriter Errors => errors;

    /// <summary>A console for standard output, in colour only where a person sees it and wants it.</summary>
    public IAnsiConsole Console(bool noColor)
    {
        bool plain = noColor || !isTerminal || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(result),
        });

        // a line to be copied must stay one line, whatever the width
        console.Profile.Width = int.MaxValue;
        return console;
    }

    public void Json<T>(T document, JsonTypeInfo<T> type)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes, Readable))
            JsonSerializer.Serialize(writer, document, type);
        result.WriteLine(System.Text.Encoding.UTF8.GetString(bytes.ToArray()));
    }

    /// <summary>Says why the command failed, to people and, if asked for, to programs.</summary>
    public void Fail(ZkArrowStatus status, string message, bool json)
    {
        errors.WriteLine($"zkarrow: {message}");
        if (json)
            result.WriteLine(new JsonObject { ["error"] = new JsonObject { ["status"] = $"{status}", ["message"] = message } }.ToJsonString());
    }
}
