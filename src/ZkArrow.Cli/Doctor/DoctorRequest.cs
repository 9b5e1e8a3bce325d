namespace ZkArrow.Cli.Doctor;

/// <summary>What to look at.</summary>
/// <param name="Url">The namespace; null to look at this host alone.</param>
/// <param name="DataDirectory">An absolute path; null for the host's default.</param>
/// <param name="Timeout">How long the coordinator may take.</param>
internal sealed record DoctorRequest(ConnectUrl? Url, string? DataDirectory, TimeSpan Timeout);
