using System.Collections.Immutable;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Groups.Rows;

/// <summary>A target as bytes: topics, members, and a member's number for each partition (0 where nobody subscribes).</summary>
internal static class GroupTargetCodec
{
    private const byte Version = 1;

    public static byte[] Encode(GroupTarget target) => Packed.Bytes(writer =>
    {
        var numbers = target.Members.Select((member, index) => (member.Id, index + 1)).ToDictionary();
        writer.Write(Version);
        Packed.WriteList(writer, target.Members, member =>
        {
            writer.Write(member.Id);
            writer.Write(member.Incarnation);
        });
        Packed.WriteList(writer, target.Topics, topic =>
        {
            writer.Write(topic.Name);
            writer.Write(topic.Id);
            writer.Write7BitEncodedInt(topic.BornAt);
            writer.Write7BitEncodedInt(topic.Partitions);
            for (var partition = 0; partition < topic.Partitions; partition++)
            {
                var owner = target.Owners.GetValueOrDefault(new TopicPartition(topic.Name, partition));
                writer.Write7BitEncodedInt(owner is null ? 0 : numbers[owner]);
            }
        });
    });

    public static GroupTarget Decode(BinaryReader reader)
    {
        Invariant.Holds(reader.ReadByte() == Version);
        var members = Packed.ReadList(reader, () => new TargetMember(reader.ReadString(), reader.ReadString()));
        var owners = ImmutableSortedDictionary.CreateBuilder<TopicPartition, string>();
        var topics = Packed.ReadList(reader, () =>
        {
            var name = reader.ReadString();
            var id = reader.ReadString();
            var bornAt = reader.Read7BitEncodedInt();
            var partitions = reader.Read7BitEncodedInt();
            for (var partition = 0; partition < partitions; partition++)
            {
                var number = reader.Read7BitEncodedInt();
                if (number > 0)
                {
                    owners.Add(new TopicPartition(name, partition), members[number - 1].Id);
                }
            }

            return new TargetTopic(name, id, partitions, bornAt);
        });

        return new GroupTarget([.. topics], [.. members], owners.ToImmutable());
    }
}
