using Serverless.Chaos.World;

namespace Serverless.Chaos.Tests;

public sealed class CopyTests
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    [Fact]
    public async Task Every_record_is_copied_once_while_hosts_and_copiers_are_killed()
    {
        var settings = CopySettings.FromEnvironment(Clock);

        var result = await new CopyRun(settings, Clock).RunAsync();

        Console.WriteLine($"> Copy (COPY_RECORDS={settings.Records}, CHAOS_SEED={settings.Seed}): {result}");
        Assert.Empty(result.Lost);
        Assert.Empty(result.Doubled);
        Assert.Empty(result.Foreign);
        Assert.True(result.HostKills > 0 && result.CopierKills > 0, $"Nobody was killed: {result}");
    }
}
