using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Topics;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;

namespace Serverless.Simulation.World;

/// <summary>One client of the service: it calls an instance, as through HTTP, and has only the reply to go by.</summary>
internal sealed class Client(Cluster cluster, Random workload, string name)
{
    public string Name { get; } = name;

    public Random Random { get; } = workload;

    /// <summary>A bound on how long an operation may take once faults have stopped; null while they go on.</summary>
    public TimeSpan? Patience { get; set; }

    /// <summary>Any instance that is up. Null: none is, and nothing was sent.</summary>
    public Instance? AnyInstance()
    {
        var up = cluster.Slots.Where(instance => instance is not null).ToList();
        return up.Count == 0 ? null : Random.Pick(up);
    }

    public Task PauseAsync(TimeSpan time) => Task.Delay(time, cluster.Service);

    /// <summary>Calls one instance. Its reply, or what the client is left with: <c>Info</c> where nobody can say.</summary>
    /// <param name="again">Whether the call may fail once without any fault: the first of a name that was taken over elsewhere does.</param>
    public async Task<Reply<T>> CallAsync<T>(
        Instance? instance, string what, Func<Instance, CancellationToken, ValueTask<T>> call, bool again = false)
    {
        if (Patience is not null && again
            && await OnceAsync(instance, what, call, strict: false) is { Outcome: not Outcome.Info } first)
        {
            return first;
        }

        return await OnceAsync(instance, what, call, strict: true);
    }

    private async Task<Reply<T>> OnceAsync<T>(
        Instance? instance, string what, Func<Instance, CancellationToken, ValueTask<T>> call, bool strict)
    {
        if (instance is null)
        {
            await PauseAsync(TimeSpan.FromSeconds(1));
            return new Reply<T>(Outcome.Fail, default);
        }

        cluster.Operations++;
        cluster.History.Add(Name, $"calls {what} on {instance.Name}");
        var timeout = Patience ?? Random.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        var hangsUp = Random.Chance(0.5);
        var aborted = new CancellationTokenSource();
        var reply = new TaskCompletionSource<Reply<T>>();
        void Broken() => Later(() => reply.TrySetResult(new Reply<T>(Outcome.Info, default)));
        instance.OnCrash(Broken);
        cluster.Loop.At(timeout, () =>
        {
            if (!reply.TrySetResult(new Reply<T>(Outcome.Info, default)))
            {
                return;
            }

            cluster.History.Add(Name, $"gives up: {what}");
            Guarantee.Holds(Patience is null, "A4", $"{what} took longer than {Patience} without any fault.");
            if (hangsUp)
            {
                instance.Context.Run(TimeSpan.Zero, aborted.Cancel);
            }
        });
        instance.Context.Run(
            cluster.Latency.Draw(Random),
            () => _ = RunAsync(instance, what, call, done => Later(() => reply.TrySetResult(done)), aborted.Token));
        var answer = await reply.Task;
        instance.Forget(Broken);
        cluster.History.Add(Name, $"{what} on {instance.Name} → {answer}");
        Guarantee.Holds(
            Patience is null || !strict || answer.Outcome == Outcome.Ok, "A4", $"{what} got no answer without any fault: {answer}");
        return answer;
    }

    private void Later(Action action) => cluster.Loop.At(cluster.Latency.Draw(Random), action);

    // On the instance. What it throws is what the HTTP edge would see: it knows storage failures and aborted requests,
    // and anything else is a bug.
    private async Task RunAsync<T>(
        Instance instance, string what, Func<Instance, CancellationToken, ValueTask<T>> call, Action<Reply<T>> done,
        CancellationToken cancellationToken)
    {
        RequestCost.Begin(what);
        instance.Under++;
        Reply<T> reply;
        try
        {
            reply = new Reply<T>(Outcome.Ok, await call(instance, cancellationToken));
        }
        catch (StorageException)
        {
            reply = new Reply<T>(Outcome.Info, default);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            reply = new Reply<T>(Outcome.Info, default);
        }
        catch (CorruptLogException corrupt)
        {
            cluster.Loop.Fail(new GuaranteeException("L13", $"The log stopped as corrupt. {corrupt}"));
            return;
        }
        catch (Exception exception)
        {
            cluster.Loop.Fail(exception as GuaranteeException ?? new GuaranteeException("A1", $"The edge cannot name this. {exception}"));
            return;
        }

        instance.Under--;
        done(reply);
    }
}

/// <summary>What a client got: a value when <c>Outcome</c> is Ok.</summary>
internal readonly record struct Reply<T>(Outcome Outcome, T? Value)
{
    public override string ToString() => Outcome == Outcome.Ok ? Said(Value) : Outcome.ToString().ToLowerInvariant();

    private static string Said(T? value) => value switch
    {
        Topic topic => Named(topic),
        TopicAnswer topic => $"{topic.Error} {Named(topic.Topic)}",
        PollAnswer poll => $"{poll.Error} {string.Join(", ", poll.Slices.Select(slice => $"{slice.At} {slice.FromOffset}..{slice.ToOffset}"))}",
        FetchAnswer fetch => $"{fetch.Error} {fetch.Batches.Length} B, next {fetch.NextOffset}",
        null => "null",
        AppendAnswer append => $"{append.Error} at {append.BaseOffset}",
        GroupAnswer group => $"{group.Error} {group.Message}",
        GroupAnswer<IReadOnlyList<GroupOffset>> offsets =>
            $"{offsets.Error} {string.Join(", ", (offsets.Value ?? []).Select(offset => $"{offset.At}={offset.Offset}"))}",
        _ => value.ToString() ?? "",
    };

    private static string Named(Topic? topic) =>
        topic is null ? "null" : $"{topic.Name} {Storage.Short.Id(topic.Id)} of {topic.Partitions}";
}
