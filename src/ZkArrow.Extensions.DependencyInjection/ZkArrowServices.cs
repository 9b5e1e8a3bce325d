using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ZkArrow.Extensions.DependencyInjection;

// where users of a container look for its extensions
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds ZkArrow to a container.</summary>
public static class ZkArrowServices
{
    /// <summary>Adds a <see cref="ZkArrowConnection"/>, one for the container.</summary>
    /// <param name="services">The container's services.</param>
    /// <param name="configure">Sets at least <see cref="ZkArrowServiceOptions.Url"/>.</param>
    public static IServiceCollection AddZkArrow(this IServiceCollection services, Action<ZkArrowServiceOptions> configure)
    {
        AddOptions(services, Options.Options.DefaultName, configure);
        services.TryAddSingleton(static provider => Make(provider, Options.Options.DefaultName));
        return services;
    }

    /// <summary>Adds a <see cref="ZkArrowConnection"/> under a key, for programs that use several namespaces.</summary>
    /// <param name="services">The container's services.</param>
    /// <param name="key">The service's key, and the name of its options; not empty.</param>
    /// <param name="configure">Sets at least <see cref="ZkArrowServiceOptions.Url"/>.</param>
    public static IServiceCollection AddKeyedZkArrow(
        this IServiceCollection services, string key, Action<ZkArrowServiceOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        AddOptions(services, key, configure);
        services.TryAddKeyedSingleton(key, static (provider, key) => Make(provider, (string)key!));
        return services;
    }

    private static void AddOptions(IServiceCollection services, string name, Action<ZkArrowServiceOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<ZkArrowServiceOptions>(name)
            .Configure(configure)
            .Validate(static options => options.Url is { Length: > 0 }, "Url was empty; it must be zk://host:port/chroot or local:/path")
            .Validate(static options => options.Client is not null, "Client was null; it must be a ZkArrowOptions")
            .ValidateOnStart();
    }

    private static ZkArrowConnection Make(IServiceProvider provider, string name)
    {
        ZkArrowServiceOptions options = provider.GetRequiredService<IOptionsMonitor<ZkArrowServiceOptions>>().Get(name);
        ILoggerFactory? logs = options.Client.LoggerFactory ?? provider.GetService<ILoggerFactory>();
        return new ZkArrowConnection(options.Url, options.Client with { LoggerFactory = logs });
    }
}
