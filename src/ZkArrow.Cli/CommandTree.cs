using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using ZkArrow.Cli.Doctor;

namespace ZkArrow.Cli;

/// <summary>The <c>zkarrow</c> command: parses the arguments, runs the verb, and turns what happens into an exit code.</summary>
internal sealed class CommandTree
{
    private const string Help = """
        Named, versioned Apache Arrow tables shared between processes with no copy.

        Examples:
          zkarrow doctor --connect zk://zk1:2181,zk2:2181/app
          zkarrow doctor --data-dir /run/zkarrow/app --json
        """;

    private readonly CommandOutput _output;
    private readonly Command _root = new("zkarrow", Help);
    private readonly Option<bool> _json = new("--json", "-j") { Description = "Write one JSON document instead of text.", Recursive = true };
    private readonly Option<bool> _noColor = new("--no-color") { Description = "No colour; NO_COLOR and an output that is no terminal say so too.", Recursive = true };

    public CommandTree(CommandOutput output)
    {
        _output = output;
        _root.Options.Add(_json);
        _root.Options.Add(_noColor);
        _root.Options.Add(new HelpOption { Recursive = true });
        _root.Options.Add(new VersionOption { Action = new ShowVersion(output) });
        _root.Subcommands.Add(DoctorCommand.Create(output, _json, _noColor));
    }

    /// <summary>The version and the commit it was built from.</summary>
    public static string Version { get; } =
        typeof(CommandTree).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public async Task<int> RunAsync(string[] args)
    {
        ParseResult parsed = _root.Parse(args);
        bool json = parsed.GetValue(_json);
        if (parsed.Errors.Count > 0)
        {
            _output.Fail(ZkArrowStatus.InvalidArgument, $"{string.Join(' ', parsed.Errors.Select(error => error.Message))} See zkarrow --help.", json);
            return ExitCode.Usage;
        }

        InvocationConfiguration running = new() { Output = _output.Result, Error = _output.Errors, EnableDefaultExceptionHandler = false };
        try
        {
            return await parsed.InvokeAsync(running).ConfigureAwait(false);
        }
        catch (ZkArrowException e)
        {
            _output.Fail(e.Status, e.Message, json);
            return ExitCode.Of(e.Status);
        }
        catch (OperationCanceledException)
        {
            _output.Fail(ZkArrowStatus.Cancelled, "interrupted", json);
            return ExitCode.Interrupted;
        }
    }

    private sealed class ShowVersion(CommandOutput output) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            output.Result.WriteLine($"zkarrow {Version}");
            return ExitCode.Ok;
        }
    }
}
