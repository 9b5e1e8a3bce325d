using SharpFuzz;

namespace ZkArrow.Fuzz;

/// <summary>
/// The process that the driver starts: takes inputs and gives them to the target that its argument names. With a file
/// as second argument it takes that one, which shows by hand how an input breaks a target.
/// </summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        if (arguments.Length is < 1 or > 2 || !Targets.All.TryGetValue(arguments[0], out Target? target))
        {
            Console.Error.WriteLine($"usage: ZkArrow.Fuzz {string.Join('|', Targets.All.Keys)} [FILE]");
            return 2;
        }

        if (arguments.Length == 2) target(File.ReadAllBytes(arguments[1]));
        else Fuzzer.LibFuzzer.Run(input => target(input));
        return 0;
    }
}
