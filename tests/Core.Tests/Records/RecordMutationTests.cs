using System.Globalization;
using Serverless.Core.Records;
using Xunit;

namespace Serverless.Core.Tests.Records;

/// <summary>Damaged and hostile batches: each is answered as declared, at once, and with bounded memory.</summary>
/// <remarks>
/// RECORD_MUTATIONS sets how many (a million unless told), RECORD_MUTATIONS_SEED which. Half of them get a right
/// checksum again, without which nearly all would end there and the parser behind it would never be reached.
/// </remarks>
public class RecordMutationTests
{
    /// <summary>What a reader may decompress here; a batch of some hundred bytes can hold far more.</summary>
    private const int DecompressedBytesMax = 64 * 1024;

    /// <summary>
    /// What one input may allocate: pooled buffers at their first use, a gzip stream, an exception or two.
    /// </summary>
    private const long AllocatedBytesMax = 4 * DecompressedBytesMax;

    private static readonly int Count = Setting("RECORD_MUTATIONS", 1_000_000);
    private static readonly int Seed = Setting("RECORD_MUTATIONS_SEED", 20_260_101);

    private int _valid, _incomplete, _corrupt, _invalid;

    [Fact(Timeout = 600_000)]
    public async Task No_mutated_batch_is_answered_but_as_declared() =>

        // On one thread from start to end, as allocations are counted by thread; and not on this one, which keeps the
        // time.
        await Task.Run(Run);

    private void Run()
    {
        var random = new Random(Seed);
        var samples = RecordMutations.Samples();
        var control = new int[2];
        for (var number = 0; number < Count; number++)
        {
            var input = RecordMutations.Mutated(random, samples[random.Next(samples.Length)]);
            var allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Read(input);
                control[ControlRecord.TryReadType(input, out _) ? 1 : 0]++;
            }
            catch (Exception unexpected)
            {
                Assert.Fail($"Seed {Seed}, number {number}, {Convert.ToHexString(input)}: {unexpected}");
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
            Assert.True(
                allocated <= AllocatedBytesMax,
                $"Seed {Seed}, number {number}, {Convert.ToHexString(input)}: {allocated} bytes allocated");
        }

        // A run that never came behind a check would prove nothing of what is there.
        int[] answers = [_valid, _incomplete, _corrupt, _invalid, control[1]];
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"valid, incomplete, corrupt, invalid, control: {string.Join(", ", answers)}");
        Assert.All(answers, times => Assert.InRange(times, Count / 200, Count));
    }

    private void Read(byte[] input)
    {
        var check = RecordBatch.Check(input, out var header, out var rule);
        Assert.Equal(check == BatchCheck.Corrupt, rule is not null);
        switch (check)
        {
            case BatchCheck.Incomplete:
                _incomplete++;
                break;
            case BatchCheck.Corrupt:
                _corrupt++;
                break;
            default:
                ReadRecords(input.AsSpan(0, header.SizeInBytes), header);
                break;
        }

        // Whoever leaves the check out gets the same answers, never anything worse.
        if (check != BatchCheck.Valid)
        {
            ReadUnchecked(input);
        }
    }

    private void ReadRecords(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        try
        {
            Assert.Equal(header.RecordCount, Walk(batch, header));
            _valid++;
        }
        catch (InvalidRecordException invalid)
        {
            Assert.InRange(invalid.Position, 0, batch.Length + DecompressedBytesMax);
            _invalid++;
        }
    }

    private static void ReadUnchecked(ReadOnlySpan<byte> input)
    {
        try
        {
            var batches = new RecordBatchReader(input);
            while (batches.TryRead(out var header, out var batch))
            {
                Walk(batch, header);
            }
        }
        catch (InvalidRecordException)
        {
        }
    }

    /// <summary>Reads everything there is, and gives the number of records.</summary>
    private static int Walk(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        using var reader = RecordReader.Open(batch, DecompressedBytesMax);
        var count = 0;
        var offsetMin = header.BaseOffset;
        while (reader.TryRead(out var record))
        {
            var inOrder = record.Offset >= offsetMin && record.Offset < header.NextOffset;
            Assert.True(inOrder);
            offsetMin = record.Offset + 1;
            count++;
            var headers = record.Headers;
            var headerCount = 0;
            while (headers.TryRead(out _, out _, out _))
            {
                headerCount++;
            }

            Assert.Equal(record.HeaderCount, headerCount);
        }

        return count;
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : otherwise;
}
