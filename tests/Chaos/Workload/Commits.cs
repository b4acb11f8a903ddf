using Serverless.Chaos.History;

namespace Serverless.Chaos.Workload;

/// <summary>Committed offsets, as a member or an operator asks for them.</summary>
internal static class Commits
{
    public static Task<(Reply Reply, Operation Operation)> ReadAsync(Client client, string group, string? instance, IReadOnlyList<At> partitions)
    {
        var path = instance is null ? $"/consumers/{group}/offsets" : $"/consumers/{group}/instances/{instance}/offsets";
        var request = new Request("GET", $"{path}?partitions={string.Join(',', partitions.Select(at => $"{at.Topic}:{at.Partition}"))}");
        return client.AskAsync(
            request,
            reply => new Committed(group, partitions, reply.Outcome != Outcome.Ok
                ? []
                : [.. reply.Body.GetProperty("offsets").EnumerateArray().Select(
                    entry => new Next(Values.AtOf(entry), entry.GetProperty("offset").GetInt64()))]),
            mayRepeat: true);
    }

    public static IReadOnlyList<Next> Stored(Reply reply) =>
        [.. reply.Body.EnumerateArray().Select(entry => new Next(Values.AtOf(entry), entry.GetProperty("committed").GetInt64()))];
}
