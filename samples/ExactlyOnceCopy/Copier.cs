using System.Diagnostics;

namespace Serverless.ExactlyOnceCopy;

/// <summary>Reads, transforms and writes; records and offsets count together or not at all.</summary>
/// <remarks>
/// Whatever goes wrong, the way back is the same: abort, go back to where the group is, start over. Three things end otherwise. A commit
/// is repeated until its outcome is known, as going back before would be guessing. What has expired is made anew. And whoever is fenced
/// ends: another process does the work now.
/// </remarks>
internal sealed class Copier(LogClient client, CopyOptions options)
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GoodbyeMax = TimeSpan.FromSeconds(10);

    private readonly SourceConsumer _source = new(client, options);
    private readonly Transactions _transactions = new(client, options);

    public long Records { get; private set; }

    public int Commits { get; private set; }

    public int Aborts { get; private set; }

    /// <summary>Copies until it is stopped, or nothing has come for <see cref="CopyOptions.IdleExit"/>.</summary>
    /// <exception cref="FencedException">Another process has the transactional id.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _transactions.InitAsync(cancellationToken);
            await JoinAsync(cancellationToken);
            for (var idleSince = Stopwatch.GetTimestamp(); options.IdleExit is not { } exit || Stopwatch.GetElapsedTime(idleSince) < exit;)
            {
                if (await StepAsync(cancellationToken) is not Progress.Nothing)
                {
                    idleSince = Stopwatch.GetTimestamp();
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to stop. What is open is aborted by closing.
        }
        catch (RefusedException refused) when (refused.IsFenced)
        {
            throw new FencedException();
        }

        await GoodbyeAsync();
    }

    private enum Progress
    {
        Nothing,
        Copied,
        StartedOver,
    }

    private async Task<Progress> StepAsync(CancellationToken cancellationToken)
    {
        try
        {
            var records = await _source.PollAsync(Wait, cancellationToken);
            if (records.Count == 0)
            {
                return Progress.Nothing;
            }

            await _transactions.BeginAsync(cancellationToken);
            await _transactions.AddAsync(records.Select(Transformed), cancellationToken);
            await _transactions.AddOffsetsAsync(_source.Name, records, cancellationToken);
            await _transactions.CommitAsync(cancellationToken);
            (Records, Commits) = (Records + records.Count, Commits + 1);
            return Progress.Copied;
        }
        catch (Exception e) when (e is OutcomeUnknownException or RefusedException { IsGone: true } or RefusedException { IsConflict: true })
        {
            await Console.Error.WriteLineAsync($"starting over: {e.Message}");
            Aborts++;
            await StartOverAsync(cancellationToken);
            return Progress.StartedOver;
        }
    }

    private async Task StartOverAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await AbortAsync(cancellationToken);
                await _source.RewindAsync(cancellationToken);
                return;
            }
            catch (RefusedException refused) when (refused.Code == 40403)
            {
                // Its time was over, or a newer process has taken our place in the group. Who joins begins where the group is.
                if (await _transactions.IsFencedAsync(cancellationToken))
                {
                    throw new FencedException();
                }

                await JoinAsync(cancellationToken);
                return;
            }
            catch (RefusedException refused) when (refused.IsConflict)
            {
                // A partition went to another member between two of these requests.
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
        }
    }

    private Task JoinAsync(CancellationToken cancellationToken) =>
        _source.JoinAsync($"{options.TransactionalId}-{_transactions.Instance}", cancellationToken);

    private async Task AbortAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _transactions.AbortAsync(cancellationToken);
        }
        catch (RefusedException refused) when (refused.Code == 40953)
        {
            // There is nothing to abort: it was not begun, or it is decided already.
        }
        catch (RefusedException refused) when (refused.Code == 40450)
        {
            await _transactions.InitAsync(cancellationToken);
        }
    }

    private async Task GoodbyeAsync()
    {
        using var patience = new CancellationTokenSource(GoodbyeMax);
        try
        {
            await _transactions.CloseAsync(patience.Token);
            await _source.LeaveAsync(patience.Token);
        }
        catch (Exception e) when (e is RefusedException or OperationCanceledException)
        {
            // It is gone, or will be when its time is over.
        }
    }

    /// <summary>What this program is for; put your own here. The same record must always come to the same.</summary>
    private static object Transformed(SourceRecord record) =>
        new { key = record.Key, value = new { from = $"{record.Topic}-{record.Partition}@{record.Offset}", value = record.Value } };
}
