using ZkArrow.Cli;

return await new CommandTree(new CommandOutput(Console.Out, Console.Error, isTerminal: !Console.IsOutputRedirected)).RunAsync(args);
