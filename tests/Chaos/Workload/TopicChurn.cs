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
    private const int Slots = 3;

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

        await client.AskAsync(
            new Request("GET", $"/topics/{topic}/partitions/0/records?offset=0&timeout=1&max_records=1000", Accept: Request.Json),
            reply => new Read(new At(topic, 0), 0, null, Values.Records(reply)));
        if (!await IsDoneAsync(Topics.Drop(topic), new DropTopic(topic, life)))
        {
            return false;
        }

        // Nothing takes it any more, whatever some host still knows.
        await _producer.SendAsync(topic, 0, 1);
        return true;
    }

    private async Task<bool> IsDoneAsync(Request request, Step step) =>
        (await client.AskAsync(request, _ => step)).Reply.Outcome == Outcome.Ok;
}
