using NUnit.Framework;

namespace ZkArrow.Tests.Ownership;

/// <summary>Owners that follow each other as fast as they can, on the embedded coordinator, where no clock looks again.</summary>
[TestFixture]
public sealed class TakeOverTests
{
    private const int Datasets = 8;
    private const int Rounds = 500;

    [Test]
    [CancelAfter(120_000)]
    public async Task Every_owner_is_told_that_it_was_taken_over_however_early(CancellationToken cancellationToken)
    {
        string folder = $"/dev/shm/zkarrow-take-over-{Guid.NewGuid():N}";
        Directory.CreateDirectory(folder);
        try
        {
            ZkArrowOptions options = new() { DataDirectory = $"{folder}/data", OperationTimeout = TimeSpan.FromSeconds(10) };
            await using ZkArrowClient one = await ZkArrowClient.ConnectAsync($"local:{folder}/tree", options, cancellationToken);
            await using ZkArrowClient two = await ZkArrowClient.ConnectAsync($"local:{folder}/tree", options, cancellationToken);
            await Task.WhenAll(Enumerable.Range(0, Datasets).Select(number => FollowAsync($"d{number}", one, two, cancellationToken)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task FollowAsync(string name, ZkArrowClient one, ZkArrowClient two, CancellationToken cancellationToken)
    {
        ZkArrowOwner owner = await one.AcquireOwnershipAsync(name, cancellationToken: cancellationToken);
        for (int round = 0; round < Rounds; round++)
        {
            ZkArrowClient rival = round % 2 == 0 ? two : one;
            // the keeper of the term has hardly begun: its first look and the take-over meet in every way
            Thread.SpinWait(Random.Shared.Next(0, 2000));
            ZkArrowOwner next = await rival.AcquireOwnershipAsync(name, new OwnershipOptions { TakeOver = true }, cancellationToken);
            Assert.That(await owner.WaitForChangeAsync(OwnerState.Connected, cancellationToken), Is.EqualTo(OwnerState.Lost), $"{name}, round {round}");
            await owner.DisposeAsync();
            owner = next;
        }

        await owner.DisposeAsync();
    }
}
