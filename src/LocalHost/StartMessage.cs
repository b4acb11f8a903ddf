using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.LocalHost;

/// <summary>What a newcomer reads first: where it listens, and two lines to paste.</summary>
internal static class StartMessage
{
    public static string Of(LocalHostApp app, LocalHostOptions options)
    {
        var settings = app.Services.GetRequiredService<IConfiguration>();
        var prefix = HostSettings.RoutePrefix(options.Root);
        var url = app.Address.ToString().TrimEnd('/') + (prefix.Length == 0 ? "" : "/" + prefix);
        var isOpen = app.Services.GetRequiredService<AccessSettings>().Mode == AccessMode.Open;
        var key = isOpen ? "" : " -H \"x-functions-key: $KEY\"";
        var access = isOpen ? "open to whoever reaches it" : "as ACLs allow";
        var storage = app.EmulatorFolder is { } folder ? $"Azurite, files in {folder}" : "as configured";
        var faults = FaultSettings.From(settings) is { } given ? $"\n{given}" : "";
        var cluster = app.Services.GetRequiredService<HttpLimits>().ClusterId;
        var timers = (options.Timers ? app.TimerFunctionCount : 0) switch { 1 => "1 timer", var many => $"{many} timers" };

        return $$$"""
            Serving {{{url}}} ({{{app.HttpFunctionCount}}} HTTP functions, {{{timers}}}; storage: {{{storage}}}; access: {{{access}}}). Ctrl-C stops it.{{{faults}}}
            Try:
              curl -X POST {{{url}}}/v3/clusters/{{{cluster}}}/topics{{{key}}} -H 'Content-Type: application/json' -d '{"topic_name":"orders","partitions_count":3}'
              curl -X POST {{{url}}}/topics/orders{{{key}}} -H 'Content-Type: application/vnd.kafka.json.v2+json' -d '{"records":[{"key":"k1","value":{"total":12.50}}]}'
            """;
    }
}
