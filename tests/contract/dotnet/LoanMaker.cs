using Apache.Arrow;
using Apache.Arrow.Types;

namespace ZkArrow.ContractDriver;

/// <summary>Loans, written in place: op "loan" of the contract.</summary>
internal static class LoanMaker
{
    /// <summary>A loan with room for some rows, with a table made to order in its first rows.</summary>
    public static ZkArrowLoan Make(ZkArrowClient client, string kind, int rows, long seed, long room, long varBytes)
    {
        using Maker maker = new(kind, 0, 0, 0);
        Schema schema = kind == "views" ? new Schema([new Field("v", StringViewType.Default, true)], null) : maker.Schema;
        ZkArrowLoan loan = client.Loan(schema, room, new LoanOptions { VariableBytes = varBytes });
        try
        {
            if (kind == "mixed")
                WriteMixed(loan, rows, seed);
            else
                WriteNumbers(loan.Column<long>("x"), rows, seed);
            return loan;
        }
        catch
        {
            loan.Dispose();
            throw;
        }
    }

    private static void WriteNumbers(Span<long> values, int rows, long seed)
    {
        for (int i = 0; i < rows; i++)
            values[i] = seed + i;
    }

    private static void WriteMixed(ZkArrowLoan loan, int rows, long seed)
    {
        WriteNumbers(loan.Column<long>("id"), rows, seed);
        Span<double> prices = loan.Column<double>("px");
        Span<byte> priced = loan.Validity("px"), ups = loan.Bits("up");
        LoanText symbols = loan.Text("sym");
        for (int i = 0; i < rows; i++)
        {
            byte bit = (byte)(1 << (i % 8));
            long id = seed + i;
            prices[i] = id * 0.5;
            if (i % 7 == 3)
                priced[i / 8] &= (byte)~bit;
            if (id % 3 == 0)
                ups[i / 8] |= bit;
            if (i % 5 == 4)
                symbols.AppendNull();
            else
                symbols.Append($"s{id % 10}");
        }
    }
}
