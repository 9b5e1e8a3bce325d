using System.Text.Json.Serialization;

namespace ZkArrow.Cli.Doctor;

/// <summary>What <c>zkarrow doctor --json</c> prints; docs/doctor.md describes it.</summary>
/// <param name="Status">The worst of all.</param>
/// <param name="Checks">Every finding of every check.</param>
internal sealed record DoctorReport(Verdict Status, IReadOnlyList<CheckReport> Checks)
{
    /// <summary>Whether the coordinator was asked for and could not be reached.</summary>
    [JsonIgnore]
    public bool IsUnreachable { get; init; }
}

/// <summary>A finding with the name of its check.</summary>
internal sealed record CheckReport(string Check, Verdict Status, string Message, string? Fix, IReadOnlyList<string> Details);

/// <summary>Every field is always there, null where there is nothing to say.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(VerdictConverter)])]
[JsonSerializable(typeof(DoctorReport))]
internal sealed partial class DoctorJson : JsonSerializerContext;

/// <summary>Verdicts in small letters.</summary>
internal sealed class VerdictConverter() : JsonStringEnumConverter<Verdict>(System.Text.Json.JsonNamingPolicy.SnakeCaseLower);
