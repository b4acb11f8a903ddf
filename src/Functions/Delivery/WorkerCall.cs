using Serverless.Functions.Http;

namespace Serverless.Functions.Delivery;

/// <summary>The body of the call that starts a worker.</summary>
internal sealed record WorkerCall(string Group, string Instance)
{
    public const string Route = "deliveries/workers";

    /// <summary>Room for both names, of 255 characters each, however they are escaped.</summary>
    public const int BytesMax = 8 * 1024;

    private static readonly FieldNames Fields = new("group", "instance");

    public byte[] Encode()
    {
        var json = Reply.Json(MediaType.PlainJson, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("group"u8, Group);
            writer.WriteString("instance"u8, Instance);
            writer.WriteEndObject();
        });
        return json.Body.ToArray();
    }

    public static WorkerCall Parse(RequestBody body)
    {
        var json = StrictJson.Open(body.Bytes.Span);
        json.BeginObject("The body");
        var names = new string?[2];
        for (uint seen = 0; json.NextField(Fields, ref seen, out var field);)
        {
            names[field] = json.String(Fields[field]);
        }

        json.End();
        return names is [{ Length: > 0 } group, { Length: > 0 } instance]
            ? new WorkerCall(group, instance)
            : throw new RequestException(Problem.Content("group and instance are needed."));
    }
}
