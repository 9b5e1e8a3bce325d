using Microsoft.Extensions.Diagnostics.HealthChecks;
using ZkArrow.Extensions.DependencyInjection;

// where users of a container look for its extensions
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health of a connection to an application's health checks.</summary>
public static class ZkArrowHealthChecks
{
    /// <summary>
    /// Healthy while the client is connected, degraded while its connection is being made anew, and otherwise, or when the client
    /// cannot be opened, the failure status.
    /// </summary>
    /// <param name="builder">The application's health checks.</param>
    /// <param name="name">What the check is called.</param>
    /// <param name="key">The key of a connection that was added with one.</param>
    /// <param name="failureStatus">What to report on failure; null for unhealthy.</param>
    /// <param name="tags">Tags for the check.</param>
    /// <param name="timeout">For how long a check may take; null for the client's operation timeout.</param>
    public static IHealthChecksBuilder AddZkArrow(
        this IHealthChecksBuilder builder,
        string name = "zkarrow",
        string? key = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name,
            provider => new ZkArrowHealthCheck(key is null
                ? provider.GetRequiredService<ZkArrowConnection>()
                : provider.GetRequiredKeyedService<ZkArrowConnection>(key)),
            failureStatus,
            tags,
            timeout));
    }
}
