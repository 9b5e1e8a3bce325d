using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ZkArrow.Extensions.DependencyInjection;

/// <summary>What a client knows of its session, which heartbeats keep true: it asks the servers nothing.</summary>
internal sealed class ZkArrowHealthCheck(ZkArrowConnection connection) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            ZkArrowClient client = await connection.GetClientAsync(cancellationToken).ConfigureAwait(false);
            return client.State switch
            {
                ClientState.Connected => HealthCheckResult.Healthy("The session is connected."),
                ClientState.Suspended => HealthCheckResult.Degraded("The connection broke and is being made anew; calls wait for it."),
                ClientState state => new HealthCheckResult(context.Registration.FailureStatus, $"The session is {state}."),
            };
        }
        catch (Exception e) when (e is ZkArrowException or ObjectDisposedException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, e.Message, e);
        }
    }
}
