using Serverless.Chaos.History;
using Serverless.Chaos.World;

namespace Serverless.Chaos.Workload;

/// <summary>Makes topics of its own, fills them, deletes them, and makes them again under the same names.</summary>
/// <remarks>
/// Where nobody can say whether a topic was made or deleted, the request may still be served at any time, and would meet the next
/// topic of that name. So that name is then left alone for ever.
/// </remarks>
internal sealed class TopicChurn(Client client)
{
    // So many that most names rest, between two lives, for longer than any host remembers a topic.
    private const int Slots = 12;

    private readonly Producer _producer = new(client);
    private readonly (int Name, int Life)[] _slots = new (int, int)[Slots];

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var slot = client.Random.Next(Slots);
            _slots[slot].Life++;
            if (!await LiveAsync($"{client.Name}-side-{slot}-{_slots[slot].Name}", _slots[slot].Life))
            {
                _slots[slot] = (_slots[slot].Name + 1, 0);
            }

            await client.PauseAsync(client.Random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(500)), stop);
        }
    }

    private async Task<bool> LiveAsync(string topic, int life)
    {
        if (!await IsDoneAsync(Topics.Make(topic, 1), new MakeTopic(topic, life)))
        {
            return false;
        }

        for (var requests = client.Random.Next(1, 12); requests > 0; requests--)
        {
            await _producer.SendAsync(topic, 0, client.Random.Next(1, 5));
        }

        await ReadAllAsync(new At(topic, 0));
        if (!await IsDoneAsync(Topics.Drop(topic), new DropTopic(topic, life)))
        {
            return false;
        }

        // Nothing takes it any more, whatever some host still knows.
        await _producer.SendAsync(topic, 0, 1);
        return true;
    }

    private async Task ReadAllAsync(At at)
    {
        for (var (next, goesOn) = (0L, true); goesOn;)
        {
            var from = next;
            var (_, operation) = await client.AskAsync(
                new Request("GET", $"/topics/{at.Topic}/partitions/{at.Partition}/records?offset={from}&timeout=1", Accept: Request.Json),
                reply => new Read(at, from, null, Values.Records(reply)));
            var records = ((Read)operation.Step).Records;
            (next, goesOn) = records.Count > 0 ? (records[^1].Offset + 1, true) : (next, false);
        }
    }

    private async Task<bool> IsDoneAsync(Request request, Step step) =>
        (await client.AskAsync(request, _ => step)).Reply.Outcome == Outcome.Ok;
}
