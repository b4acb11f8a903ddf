namespace Serverless.Http;

/// <summary>The types that requests and replies have.</summary>
internal static class ContentTypes
{
    public const string V2 = "application/vnd.kafka.v2+json";
    public const string Json = "application/vnd.kafka.json.v2+json";
    public const string Binary = "application/vnd.kafka.binary.v2+json";
    public const string Plain = "application/json";
}
