using System.Buffers.Binary;
using Serverless.Core.Records;

namespace Serverless.Core.Tests.Records;

/// <summary>Good batches of each kind, and what becomes of them by one to three changes.</summary>
internal static class RecordMutations
{
    public static byte[] Mutated(Random random, byte[] sample)
    {
        var input = sample.ToArray();
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            input = MutatedOnce(random, input);
        }

        if (random.Next(2) == 0 && input.Length >= RecordBatchHeader.Size)
        {
            // The length is made to fit as well, or else a changed one would keep the parser from being reached.
            BinaryPrimitives.WriteInt32BigEndian(input.AsSpan(8), input.Length - RecordBatchHeader.LogOverhead);
            BinaryPrimitives.WriteUInt32BigEndian(input.AsSpan(17), Crc32C.Compute(input.AsSpan(21)));
        }

        return input;
    }

    private static byte[] MutatedOnce(Random random, byte[] input)
    {
        var at = random.Next(input.Length + 1);
        var inBounds = Math.Min(at, input.Length - 1);
        switch (input.Length == 0 ? 6 : random.Next(11))
        {
            case 0: // a bit
                input[inBounds] ^= (byte)(1 << random.Next(8));
                return input;
            case 1: // a byte
                input[inBounds] = (byte)random.Next(256);
                return input;
            case 2 or 7 or 8 or 9: // a byte behind the header, of the kind that lengths and counts are made of
                var length = Math.Min(RecordBatchHeader.Size + random.Next(40), input.Length - 1);
                input[length] = (byte)(random.Next(4) switch { 0 => 0, 1 => 1, 2 => 0xFF, _ => input[length] + 2 });
                return input;
            case 3: // a field of the header, to an extreme
                Span<int> fields = [0, 8, 12, 21, 23, 27, 35, 43, 51, 53, 57];
                var field = fields[random.Next(fields.Length)];
                Span<int> extremes = [0, -1, int.MaxValue, int.MinValue, 1, 49, 1 << 24];
                if (input.Length >= field + sizeof(int))
                {
                    BinaryPrimitives.WriteInt32BigEndian(input.AsSpan(field), extremes[random.Next(extremes.Length)]);
                }

                return input;
            case 4: // cut
                return input[..at];
            case 5: // cut out
                return [.. input[..at], .. input[Math.Min(input.Length, at + random.Next(1, 12))..]];
            case 6: // put in
                var more = new byte[random.Next(1, 12)];
                random.NextBytes(more);
                return [.. input[..at], .. more, .. input[at..]];
            default: // a number of five or ten bytes that is as large as can be
                var number = Convert.FromHexString(random.Next(2) == 0 ? "FEFFFFFF0F" : "FFFFFFFFFFFFFFFFFF01");
                return [.. input[..at], .. number, .. input[Math.Min(input.Length, at + 1)..]];
        }
    }

    public static byte[][] Samples()
    {
        using var small = new RecordBatchBuilder(producerId: 7, producerEpoch: 1, baseSequence: 0, transactional: true);
        using var zipped = new RecordBatchBuilder(CompressionType.Gzip);
        using var bomb = new RecordBatchBuilder(CompressionType.Gzip);
        for (var index = 0; index < 3; index++)
        {
            foreach (var builder in new[] { small, zipped })
            {
                builder.Add(
                    1_700_000_000_000 - index,
                    "key"u8,
                    index == 0,
                    "a value of some bytes"u8,
                    index == 1,
                    [new RecordHeader("trace", new byte[] { 1, 2, 3 }), new RecordHeader("", null)]);
            }
        }

        bomb.Add(0, default, true, new byte[1024 * 1024], false);
        var marker = RecordBatchBuilder.BuildControl(ControlRecord.Commit, 0, [0, 0, 0, 0, 0, 1], 5, 7, 1, true);
        var end = RecordBatchBuilder.BuildControl(ControlRecord.SegmentEnd, 0, [], 5);
        byte[] plain = small.Build(), again = small.Build(9);
        return [plain, again, [.. plain, .. marker], marker, end, zipped.Build(), bomb.Build()];
    }
}
