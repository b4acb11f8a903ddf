namespace Serverless.Functions.Http.V3;

/// <summary>URLs and resource names of v3, all below one cluster.</summary>
internal sealed class Links
{
    private Links(string clusterId, string baseUrl) => (ClusterId, Clusters) = (clusterId, $"{baseUrl}/v3/clusters");

    public string ClusterId { get; }

    public string Clusters { get; }

    public string Cluster => $"{Clusters}/{ClusterId}";

    public string Topics => $"{Cluster}/topics";

    public string Acls => $"{Cluster}/acls";

    public string Groups => $"{Cluster}/consumer-groups";

    public string Transactions => $"{Cluster}/transactions";

    public static Links Of(Call call) => new(call.Limits.ClusterId, call.BaseUrl);

    /// <summary>404/404 when the path names another cluster.</summary>
    public static Links Of(Call call, string cluster) => cluster == call.Limits.ClusterId
        ? Of(call)
        : throw new RequestException(Problem.NotFound("Cluster not found."));

    public string Topic(string topic) => $"{Topics}/{topic}";

    public string Partition(string topic, int partition) => $"{Topic(topic)}/partitions/{partition}";

    public string GroupsAfter(string group, int pageSize) => After(Groups, group, pageSize);

    public string TransactionsAfter(string transactionalId, int pageSize) => After(Transactions, transactionalId, pageSize);

    public string DeliveriesAfter(string group, int pageSize) => After(Deliveries, group, pageSize);

    public string Group(string group) => $"{Groups}/{Uri.EscapeDataString(group)}";

    public string Deliveries => $"{Cluster}/deliveries";

    public string Delivery(string group) => $"{Group(group)}/delivery";

    public string Consumer(string group, string consumer) => $"{Group(group)}/consumers/{Uri.EscapeDataString(consumer)}";

    public string Transaction(string transactionalId) => $"{Transactions}/{Uri.EscapeDataString(transactionalId)}";

    /// <summary>A resource name: <c>crn:///kafka=c1/topic=orders</c>; a kind of which there is only one has no name.</summary>
    public string ResourceName(params ReadOnlySpan<(string Kind, string Name)> path)
    {
        var name = $"crn:///kafka={ClusterId}";
        foreach (var (kind, value) in path)
        {
            name += value.Length > 0 ? $"/{kind}={Uri.EscapeDataString(value)}" : $"/{kind}";
        }

        return name;
    }

    private static string After(string list, string last, int pageSize) =>
        $"{list}?{PageRequest.Size}={pageSize}&{PageRequest.Token}={Uri.EscapeDataString(last)}";
}
