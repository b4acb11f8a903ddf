using Serverless.Core.Groups;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Http.Transactions;

/// <summary>Offsets of a group that are to count when the transaction commits: <c>{"group": "g", "offsets": […]}</c>.</summary>
/// <param name="Consumer">The consumer instance that they are of; null where none is named.</param>
/// <remarks>As in a plain commit, <c>offset</c> is that of the last record processed, and <c>next_offset</c> the next one.</remarks>
internal sealed record GroupOffsets(string Group, string? Consumer, IReadOnlyList<GroupOffset> Offsets)
{
    private static readonly FieldNames Fields = new("group", "offsets", "instance");

    public static GroupOffsets Parse(RequestBody body, int entriesMax)
    {
        if (body.IsEmpty)
        {
            throw new RequestException(Problem.NoBody);
        }

        var json = StrictJson.Open(body.Bytes.Span);
        json.BeginObject("The body");
        string? group = null, consumer = null;
        IReadOnlyList<GroupOffset>? offsets = null;
        for (uint seen = 0; json.NextField(Fields, ref seen, out var field);)
        {
            if (json.IsNull)
            {
                continue;
            }

            switch (Fields[field])
            {
                case "group":
                    group = Name(ref json, "group");
                    break;
                case "instance":
                    consumer = Name(ref json, "instance");
                    if (RequestNames.IsWorker(consumer))
                    {
                        json.Refuse(Problem.Configuration(RequestNames.WorkersAreOurs("instance")));
                    }

                    break;
                default:
                    offsets = OffsetsRequest.ReadCommits(ref json, "offsets", entriesMax);
                    break;
            }
        }

        if (group is null || offsets is null)
        {
            json.Refuse(group is null ? "group is missing." : "offsets is missing.");
        }

        json.End();
        return new GroupOffsets(group!, consumer, offsets!);
    }

    private static string Name(ref StrictJson json, string what)
    {
        var name = json.String(what);
        if (RequestNames.Complaint(name, what) is { } complaint)
        {
            json.Refuse(Problem.Configuration(complaint));
        }

        return name;
    }
}
