using System.IO.Compression;

namespace Serverless.Http.BadInput;

/// <summary>What refused bodies cost: at most twice the size that they may have. Alone, as the whole process is measured.</summary>
[Collection(Alone)]
public sealed class MemoryTests(BadInputFixture service) : BadInputTests(service)
{
    private const string Alone = "alone";
    private const int Mebibyte = 1024 * 1024;
    private const string Produce = "POST /topics/orders HTTP/1.1\r\nHost: h\r\nContent-Type: application/vnd.kafka.json.v2+json\r\n";

    [Fact]
    public async Task A_gzip_bomb_is_413_and_read_no_further_than_its_limit()
    {
        using var bomb = new MemoryStream();
        await using (var gzip = new GZipStream(bomb, CompressionLevel.Fastest, leaveOpen: true))
        {
            // What it would become does not matter: the limit is 16 MiB.
            for (var i = 0; i < 512; i++)
            {
                await gzip.WriteAsync(new byte[Mebibyte]);
            }
        }

        var request = $"{Produce}Content-Encoding: gzip\r\nContent-Length: {bomb.Length}\r\n\r\n";

        await CostsAtMostAsync(2 * 16 * Mebibyte, request, bomb.ToArray());
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413_and_costs_less_than_twice_the_limit()
    {
        var size = (4 * Mebibyte) + 1;

        await CostsAtMostAsync(2 * 4 * Mebibyte, $"{Produce}Transfer-Encoding: chunked\r\n\r\n{size:x}\r\n", new byte[size]);
    }

    [Fact]
    public async Task A_body_that_says_that_it_is_too_large_is_413_and_not_read()
    {
        await CostsAtMostAsync(Mebibyte, $"{Produce}Content-Length: {1L << 40}\r\n\r\n", new byte[16]);
    }

    [Fact]
    public async Task A_length_that_is_announced_but_not_sent_costs_little()
    {
        var connections = new List<RawConnection>();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 100; i++)
        {
            connections.Add(await RawConnection.OpenAsync(Service.App.Address));
            await connections[^1].SendAsync($"{Produce}Content-Length: {4 * Mebibyte}\r\n\r\n{{");
        }

        await Task.Delay(500);
        var held = GC.GetTotalMemory(forceFullCollection: false) - before;
        connections.ForEach(connection => connection.Break());

        // 400 MiB are announced; a mebibyte for each is made ready.
        Assert.InRange(held, long.MinValue, 150L * Mebibyte);
    }

    private async Task CostsAtMostAsync(long bytes, string head, byte[] body)
    {
        // The first time compiles. What else the process does meanwhile only adds, so that the least of some tries is the cost.
        const int Tries = 6;
        var least = long.MaxValue;
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            using var connection = await RawConnection.OpenAsync(Service.App.Address);
            var before = GC.GetTotalAllocatedBytes(precise: true);

            await connection.SendAsync(head);
            await connection.SendAsync(body);
            (await connection.ReadAsync())!.MustRefuse(413, 413);

            least = attempt == 0 ? least : Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.InRange(least, 0, bytes);
    }

    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class Definition;
}
