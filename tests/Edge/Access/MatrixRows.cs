namespace Serverless.Edge.Access;

/// <summary>A function, a request of it that is well formed, and the least that its caller must be allowed.</summary>
/// <param name="Needs">ACLs; null: nobody is asked who they are; empty: it must be known who asks, and no more.</param>
public sealed record MatrixRow(string Function, string Method, string Url, string? Body, string Type, string[]? Needs)
{
    public override string ToString() => Function;
}

/// <summary>Every HTTP function, and what it needs. A function without a row fails the matrix.</summary>
public static class MatrixRows
{
    private const string V2 = "application/vnd.kafka.v2+json";
    private const string Json = "application/vnd.kafka.json.v2+json";
    private const string Plain = "application/json";
    private const string Instance = "/consumers/g/instances/i";
    private const string Transaction = "/transactions/tx/instances/1-0";
    private const string Cluster = "/v3/clusters/serverless";
    private const string Delivery = $"{Cluster}/consumer-groups/g/delivery";
    private const string Records = """{"records":[{"value":1}]}""";
    private const string Offsets = """{"offsets":[{"topic":"orders","partition":0,"offset":1}]}""";
    private const string Partitions = """{"partitions":[{"topic":"orders","partition":0}]}""";
    private const string Acl =
        """{"resource_type":"TOPIC","resource_name":"x","pattern_type":"LITERAL","principal":"User:x","host":"*","operation":"READ","permission":"ALLOW"}""";

    private const string ReadGroup = "GROUP g READ";
    private const string ReadTopic = "TOPIC orders READ";
    private const string SeeGroup = "GROUP g DESCRIBE";
    private const string SeeTopic = "TOPIC orders DESCRIBE";
    private const string WriteTopic = "TOPIC orders WRITE";
    private const string WriteTransaction = "TRANSACTIONAL_ID tx WRITE";
    private const string AlterGroup = "GROUP g ALTER";

    public static IReadOnlyList<MatrixRow> All { get; } =
    [
        Open("Healthy", "GET", "/healthy"),
        Open("Ready", "GET", "/ready"),
        Open("GetOpenApi", "GET", "/openapi.json"),
        Open("HealthLive", "GET", "/health/live"),
        Open("HealthReady", "GET", "/health/ready"),
        Open("zz_UnknownRoute", "GET", "/"),
        Open("RunDeliveryWorker", "POST", "/deliveries/workers", "{}", Plain),

        Row("GetBrokers", "GET", "/brokers"),
        Row("ListTopics", "GET", "/topics"),
        Row("GetTopic", "GET", "/topics/orders", SeeTopic),
        Row("ListPartitions", "GET", "/topics/orders/partitions", SeeTopic),
        Row("GetPartition", "GET", "/topics/orders/partitions/0", SeeTopic),
        Row("GetPartitionOffsets", "GET", "/topics/orders/partitions/0/offsets", SeeTopic),
        Row("ReadRecords", "GET", "/topics/orders/partitions/0/records?offset=0&timeout=1", ReadTopic),
        Row("ProduceToTopic", "POST", "/topics/orders", Records, Json, WriteTopic),
        Row("ProduceToPartition", "POST", "/topics/orders/partitions/0", Records, Json, WriteTopic),

        Row("CreateProducer", "POST", "/producers", "{}", V2),
        Row("DeleteProducer", "DELETE", "/producers/1"),

        Row("CreateInstance", "POST", "/consumers/g", "{}", V2, ReadGroup),
        Row("DeleteInstance", "DELETE", Instance, ReadGroup),
        Row("Subscribe", "POST", $"{Instance}/subscription", """{"topics":["orders"]}""", V2, ReadGroup, ReadTopic),
        Row("GetSubscription", "GET", $"{Instance}/subscription", ReadGroup),
        Row("Unsubscribe", "DELETE", $"{Instance}/subscription", ReadGroup),
        Row("Assign", "POST", $"{Instance}/assignments", Partitions, V2, ReadGroup, ReadTopic),
        Row("GetAssignment", "GET", $"{Instance}/assignments", ReadGroup),
        Row("Seek", "POST", $"{Instance}/positions", Offsets, V2, ReadGroup, ReadTopic),
        Row("SeekToBeginning", "POST", $"{Instance}/positions/beginning", Partitions, V2, ReadGroup, ReadTopic),
        Row("SeekToEnd", "POST", $"{Instance}/positions/end", Partitions, V2, ReadGroup, ReadTopic),
        Row("GetPositions", "GET", $"{Instance}/positions", ReadGroup),
        Row("CommitOffsets", "POST", $"{Instance}/offsets", Offsets, V2, ReadGroup, ReadTopic),
        Row("GetOffsets", "GET", $"{Instance}/offsets", ReadGroup),
        Row("GetInstanceLag", "GET", $"{Instance}/lag", ReadGroup),
        Row("Heartbeat", "POST", $"{Instance}/heartbeat", ReadGroup),
        Row("PollRecords", "GET", $"{Instance}/records", ReadGroup),
        Row("GetGroupOffsets", "GET", "/consumers/g/offsets", SeeGroup),
        Row("ResetGroupOffsets", "POST", "/consumers/g/offsets", Offsets, V2, ReadGroup, ReadTopic),

        Row("InitTransactions", "POST", "/transactions/tx", "{}", V2, WriteTransaction),
        Row("GetTransaction", "GET", Transaction, "TRANSACTIONAL_ID tx DESCRIBE"),
        Row("BeginTransaction", "POST", $"{Transaction}/begin", "{}", V2, WriteTransaction),
        Row("AddRecordsToTransaction", "POST", $"{Transaction}/topics/orders", Records, Json, WriteTransaction, WriteTopic),
        Row("AddRecordsToTransactionPartition", "POST", $"{Transaction}/topics/orders/partitions/0", Records, Json, WriteTransaction, WriteTopic),
        Row(
            "AddOffsetsToTransaction", "POST", $"{Transaction}/offsets", """{"group":"g","offsets":[{"topic":"orders","partition":0,"offset":1}]}""",
            V2, WriteTransaction, ReadGroup, ReadTopic),
        Row("CommitTransaction", "POST", $"{Transaction}/commit", "{}", V2, WriteTransaction),
        Row("AbortTransaction", "POST", $"{Transaction}/abort", "{}", V2, WriteTransaction),
        Row("CloseTransactions", "DELETE", Transaction, WriteTransaction),

        Row("PutEffect", "PUT", "/effects/g/key", "{}", V2, ReadGroup),
        Row("GetEffect", "GET", "/effects/g/key", ReadGroup),
        Row("ReleaseEffect", "DELETE", "/effects/g/key?fencing_token=1", ReadGroup),

        Row("V3ListClusters", "GET", "/v3/clusters"),
        Row("V3GetCluster", "GET", Cluster),
        Row("V3ListTopics", "GET", $"{Cluster}/topics"),
        Row("V3CreateTopic", "POST", $"{Cluster}/topics", """{"topic_name":"made"}""", Plain, "TOPIC made CREATE"),
        Row("V3GetTopic", "GET", $"{Cluster}/topics/orders", SeeTopic),
        Row("V3AddPartitions", "PATCH", $"{Cluster}/topics/orders", """{"partitions_count":7}""", Plain, "TOPIC orders ALTER"),
        Row("V3DeleteTopic", "DELETE", $"{Cluster}/topics/orders", "TOPIC orders DELETE"),
        Row("V3ListPartitions", "GET", $"{Cluster}/topics/orders/partitions", SeeTopic),
        Row("V3GetPartition", "GET", $"{Cluster}/topics/orders/partitions/0", SeeTopic),
        Row("V3GetPartitionOffsets", "GET", $"{Cluster}/topics/orders/partitions/0/offset", SeeTopic),
        Row("V3Produce", "POST", $"{Cluster}/topics/orders/records", """{"value":{"type":"JSON","data":1}}""", Plain, WriteTopic),
        Row("V3ListConfigs", "GET", $"{Cluster}/topics/orders/configs", "TOPIC orders DESCRIBE_CONFIGS"),
        Row("V3GetConfig", "GET", $"{Cluster}/topics/orders/configs/retention.ms", "TOPIC orders DESCRIBE_CONFIGS"),
        Row("V3SetConfig", "PUT", $"{Cluster}/topics/orders/configs/retention.ms", """{"value":"1000"}""", Plain, "TOPIC orders ALTER_CONFIGS"),
        Row("V3ResetConfig", "DELETE", $"{Cluster}/topics/orders/configs/retention.ms", "TOPIC orders ALTER_CONFIGS"),
        Row(
            "V3AlterConfigs", "POST", $"{Cluster}/topics/orders/configs:alter", """{"data":[{"name":"retention.ms","value":"1"}]}""", Plain,
            "TOPIC orders ALTER_CONFIGS"),
        Row("V3ListGroups", "GET", $"{Cluster}/consumer-groups"),
        Row("V3GetGroup", "GET", $"{Cluster}/consumer-groups/g", SeeGroup),
        Row("V3DeleteGroup", "DELETE", $"{Cluster}/consumer-groups/g", "GROUP g DELETE"),
        Row("V3ListConsumers", "GET", $"{Cluster}/consumer-groups/g/consumers", SeeGroup),
        Row("V3GetConsumer", "GET", $"{Cluster}/consumer-groups/g/consumers/i", SeeGroup),
        Row("V3ListAssignments", "GET", $"{Cluster}/consumer-groups/g/consumers/i/assignments", SeeGroup),
        Row("V3ListLags", "GET", $"{Cluster}/consumer-groups/g/lags", SeeGroup),
        Row("V3GetLag", "GET", $"{Cluster}/consumer-groups/g/lags/orders/partitions/0", SeeGroup, SeeTopic),
        Row("V3GetLagSummary", "GET", $"{Cluster}/consumer-groups/g/lag-summary", SeeGroup),
        Row("V3ListTransactions", "GET", $"{Cluster}/transactions"),
        Row("V3GetTransaction", "GET", $"{Cluster}/transactions/tx", "TRANSACTIONAL_ID tx DESCRIBE"),
        Row("V3AbortTransaction", "POST", $"{Cluster}/transactions/tx/abort", WriteTransaction),
        Row("V3ListDeliveries", "GET", $"{Cluster}/deliveries"),
        Row(
            "V3PutDelivery", "PUT", Delivery, """{"topics":["orders"],"target":{"type":"topic","name":"copies"},"dead_letter_topic":"letters"}""",
            Plain, AlterGroup, ReadTopic, "TOPIC copies WRITE", "TOPIC letters WRITE"),
        Row("V3GetDelivery", "GET", Delivery, SeeGroup),
        Row("V3PauseDelivery", "PATCH", Delivery, """{"paused":true}""", Plain, AlterGroup),
        Row("V3DeleteDelivery", "DELETE", Delivery, AlterGroup),
        Row(
            "V3ReplayDeadLetters", "POST", $"{Delivery}/dead-letters:replay", """{"records":[{"partition":0,"offset":0}]}""", Plain,
            AlterGroup, "TOPIC letters READ"),
        Row("V3ListAcls", "GET", $"{Cluster}/acls", "CLUSTER kafka-cluster DESCRIBE"),
        Row("V3CreateAcl", "POST", $"{Cluster}/acls", Acl, Plain, "CLUSTER kafka-cluster ALTER"),
        Row("V3CreateAcls", "POST", $"{Cluster}/acls:batch", $$"""{"data":[{{Acl}}]}""", Plain, "CLUSTER kafka-cluster ALTER"),
        Row("V3DeleteAcls", "DELETE", $"{Cluster}/acls?resource_type=TOPIC&resource_name=x", "CLUSTER kafka-cluster ALTER"),
    ];

    private static MatrixRow Open(string function, string method, string url, string? body = null, string type = V2) =>
        new(function, method, url, body, type, null);

    private static MatrixRow Row(string function, string method, string url) => new(function, method, url, null, V2, []);

    private static MatrixRow Row(string function, string method, string url, params string[] needs) => needs switch
    {
        [var body, var type, .. var rest] when body.StartsWith('{') => new(function, method, url, body, type, rest),
        _ => new(function, method, url, null, V2, needs),
    };
}
