using System.Globalization;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Groups.Rows;

/// <summary>One row a group, at <c>g</c>: who is a member, at what epoch, and who is to own what.</summary>
/// <remarks>
/// Every change of the members, of an incarnation or of the topics replaces it under its ETag and raises the epoch.
/// It is there as long as anything else of the group is.
/// </remarks>
public sealed record GroupRow(string Name)
{
    public const string RowKey = "g";

    /// <summary>Kafka's generation. Only grows; 0 until somebody joins.</summary>
    public int Epoch { get; init; }

    public string Assignor { get; init; } = Assignors.Assignor.Uniform;

    public GroupTarget Target { get; init; } = GroupTarget.Empty;

    public string Stamps { get; init; } = "";

    public IReadOnlyDictionary<string, object> Encode()
    {
        var columns = new Dictionary<string, object>
        {
            ["name"] = Name,
            ["epoch"] = Epoch,
            ["assignor"] = Assignor,
            ["requests"] = Stamps,
        };
        Packed.Put(columns, "target", GroupTargetCodec.Encode(Target));
        return columns;
    }

    public static GroupRow Decode(IReadOnlyDictionary<string, object> columns) => new((string)columns["name"])
    {
        Epoch = Convert.ToInt32(columns["epoch"], CultureInfo.InvariantCulture),
        Assignor = (string)columns["assignor"],
        Stamps = (string)columns["requests"],
        Target = GroupTargetCodec.Decode(Packed.Open(columns, "target")),
    };
}
