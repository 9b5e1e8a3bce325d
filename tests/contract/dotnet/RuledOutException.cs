namespace ZkArrow.ContractDriver;

/// <summary>The mistake that was asked for is one the type system rules out.</summary>
internal sealed class RuledOutException : Exception
{
}
