using System.Text.Json;

namespace ZkArrow.Cli.Tests;

/// <summary>What a run of the command wrote and how it ended.</summary>
internal sealed record CommandRun(int Code, string Result, string Errors)
{
    /// <summary>Runs the command inside of this process.</summary>
    public static Task<CommandRun> OfAsync(params string[] arguments) => OfAsync(isTerminal: false, arguments);

    public static async Task<CommandRun> OfAsync(bool isTerminal, params string[] arguments)
    {
        using StringWriter result = new(), errors = new();
        int code = await new CommandTree(new CommandOutput(result, errors, isTerminal)).RunAsync(arguments);
        return new CommandRun(code, result.ToString(), errors.ToString());
    }

    public JsonElement Json => JsonDocument.Parse(Result).RootElement;
}
