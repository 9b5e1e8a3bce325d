namespace ZkArrow.Cli.Doctor.Checks;

/// <summary>Whether this is a container with the 64 MiB that Docker gives when it is not told otherwise.</summary>
internal sealed class DockerSharedMemory : HostCheck
{
    private const long Default = 64 << 20;

    public override string Name => "docker-shm";

    protected override Finding Look(Examination examination)
    {
        bool isDefault = examination.Mount is { IsTmpfs: true } && examination.FileSystem is { } system && system.Blocks * system.BlockSize == Default;
        return isDefault
            ? Finding.Warn(
                $"{examination.Mount!.Point} has the 64 MiB of a container that was not told otherwise, and other containers do not see it.",
                "docker run --ipc=host …, or --shm-size=8g for this container alone")
            : Finding.Ok($"{examination.Place} is not limited to a container's default of 64 MiB.");
    }
}
