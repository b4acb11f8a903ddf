using Serverless.Core.Topics;
using Xunit;

namespace Serverless.Core.Tests.Topics;

public class PartitionerTests
{
    [Fact]
    public void A_key_goes_where_Kafkas_Java_client_sends_it()
    {
        // (-973932308 & 0x7fffffff) % 10; the sign is cut off, not turned.
        Assert.Equal(0, Partitioner.ForKey("21"u8, 10));
        Assert.Equal(479470107 % 7, Partitioner.ForKey("abc"u8, 7));
        Assert.Equal(0, Partitioner.ForKey([], 1));
    }

    [Fact]
    public void Equal_keys_meet_whatever_lies_between()
    {
        var partitioner = new Partitioner(12, new Random(1));

        var first = partitioner.Choose("user"u8, keyIsNull: false);
        partitioner.Choose(default, keyIsNull: true);
        var second = partitioner.Choose("user"u8, keyIsNull: false);

        Assert.Equal(first, second);
        Assert.Equal(Partitioner.ForKey("user"u8, 12), first);
    }

    [Fact]
    public void An_empty_key_is_a_key()
    {
        var partitioner = new Partitioner(12, new Random(1));

        Assert.Equal(Partitioner.ForKey([], 12), partitioner.Choose([], keyIsNull: false));
    }

    [Fact]
    public void Records_without_a_key_reach_every_partition_in_turn()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var partitioner = new Partitioner(3, new Random(seed));

            var chosen = Enumerable.Range(0, 6).Select(_ => partitioner.Choose(default, keyIsNull: true)).ToArray();

            Assert.Equal([0, 1, 2], chosen.Take(3).Order());
            Assert.Equal(chosen.Take(3), chosen.Skip(3));
        }
    }

    [Fact]
    public void Requests_start_at_different_partitions()
    {
        var random = new Random(5);

        var starts = Enumerable.Range(0, 200)
            .Select(_ => new Partitioner(4, random).Choose(default, keyIsNull: true))
            .GroupBy(partition => partition)
            .Select(group => group.Count());

        Assert.All(starts, count => Assert.InRange(count, 20, 80));
    }

    [Fact]
    public void A_topic_has_a_partition() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Partitioner.ForKey("a"u8, 0));
}
