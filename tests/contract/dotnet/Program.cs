using System.Text.Json.Nodes;
using ZkArrow;
using ZkArrow.ContractDriver;

// The .NET driver of the contract suite: tests/contract/README.md.
await using Driver driver = new();
while (Console.ReadLine() is { } line)
{
    JsonObject answer;
    try
    {
        answer = await driver.RunAsync((JsonObject)JsonNode.Parse(line)!);
        answer["ok"] = true;
    }
    catch (RuledOutException)
    {
        answer = new JsonObject { ["ok"] = false, ["status"] = "RULED_OUT" };
    }
    catch (ZkArrowException e)
    {
        answer = new JsonObject
        {
            ["ok"] = false,
            ["status"] = StatusName.Of(e.Status),
            ["message"] = e.Message,
            ["retryable"] = e.IsRetryable,
            ["outcome_unknown"] = e.IsOutcomeUnknown,
        };
    }
    catch (Exception e)
    {
        answer = new JsonObject { ["ok"] = false, ["status"] = e.GetType().Name, ["message"] = e.Message };
    }

    Console.WriteLine(answer.ToJsonString());
}
