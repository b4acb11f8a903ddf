using Serverless.Core.Log;

namespace Serverless.Functions.Http.Produce;

/// <summary>The <c>producer</c> field of a v2 produce request (section 5.2 of the HTTP contract).</summary>
internal static class ProducerField
{
    private const int Id = 0, Epoch = 1, BaseSequence = 2;

    private static readonly FieldNames Fields = new("id", "epoch", "base_sequence");

    /// <summary>Null where something is wrong with it, which the body's end tells.</summary>
    public static ProduceIdentity.Sequence? Read(ref StrictJson json, bool onePartition)
    {
        json.BeginObject("producer");
        Span<long> values = [-1, -1, -1];
        var isComplete = true;
        for (uint seen = 0; json.NextField(Fields, ref seen, out var field);)
        {
            var max = field switch { Id => long.MaxValue, Epoch => short.MaxValue, _ => int.MaxValue };
            values[field] = json.Int64($"producer.{Fields[field]}");
            if (values[field] < 0 || values[field] > max)
            {
                json.Refuse($"producer.{Fields[field]} must be from 0 to {max}.");
                isComplete = false;
            }
        }

        for (var field = 0; field < values.Length; field++)
        {
            if (values[field] < 0)
            {
                json.Refuse($"producer.{Fields[field]} is missing.");
                isComplete = false;
            }
        }

        return isComplete
            ? new ProduceIdentity.Sequence(values[Id], (short)values[Epoch], (int)values[BaseSequence], onePartition)
            : null;
    }
}
