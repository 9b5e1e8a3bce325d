using System.CommandLine;

namespace ZkArrow.Cli.Doctor;

/// <summary><c>zkarrow doctor</c>: looks at a host as ZkArrow finds it, changes nothing, and says what would make it better.</summary>
internal static class DoctorCommand
{
    private const string ConnectVariable = "ZKARROW_CONNECT";

    public static Command Create(CommandOutput output, Option<bool> json, Option<bool> noColor)
    {
        Option<string?> connect = new("--connect") { Description = $"The namespace, as zk://host:port,host:port/chroot; {ConnectVariable} when not given.", HelpName = "URL" };
        Option<string?> dataDirectory = new("--data-dir") { Description = "The data directory; the host's default when not given.", HelpName = "DIR" };
        Option<double> timeout = new("--timeout") { Description = "How long the coordinator may take.", HelpName = "SECONDS", DefaultValueFactory = _ => 10 };
        timeout.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!double.TryParse(result.Tokens[0].Value, out double seconds) || !(seconds > 0 && seconds <= 86_400)))
                result.AddError($"--timeout was {result.Tokens[0].Value}; give seconds, more than 0 and at most 86400.");
        });
        Command command = new("doctor", "Checks this host and the coordinator, changes nothing, and says for each finding what fixes it. Ends with 0 when nothing failed (warnings are advice), 1 when a check failed, 5 when the coordinator could not be reached.")
        {
            connect, dataDirectory, timeout,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            string? url = parsed.GetValue(connect) ?? Environment.GetEnvironmentVariable(ConnectVariable);
            DoctorRequest request = new(
                string.IsNullOrEmpty(url) ? null : ConnectUrl.Parse(url),
                parsed.GetValue(dataDirectory) is { } path ? FullPath(path) : null,
                TimeSpan.FromSeconds(parsed.GetValue(timeout)));
            DoctorReport report = await Checkup.MakeAsync(request, new HostFiles("/"), cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
                output.Json(report, DoctorJson.Default.DoctorReport);
            else
                DoctorText.Write(report, output.Console(parsed.GetValue(noColor)));
            return report.IsUnreachable ? ExitCode.Unreachable : report.Status == Verdict.Fail ? ExitCode.Failed : ExitCode.Ok;
        });
        return command;
    }

    private static string FullPath(string path) => path.Length > 0
        ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))
        : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "An empty path was given as the data directory; give a path or none.");
}
