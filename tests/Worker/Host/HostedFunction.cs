using System.Text.Json.Nodes;
using Serverless.Worker.Host.Rpc;

namespace Serverless.Worker.Host;

/// <summary>A function as the worker told it.</summary>
internal sealed record HostedFunction(RpcFunctionMetadata Metadata, IReadOnlyList<JsonObject> Bindings)
{
    public string Name => Metadata.Name;

    public JsonObject Trigger => Bindings.Single(binding => Type(binding).EndsWith("Trigger", StringComparison.Ordinal));

    public bool IsHttp => Type(Trigger) == "httpTrigger";

    /// <summary>The name of the parameter that the trigger fills.</summary>
    public string TriggerName => Trigger["name"]!.GetValue<string>();

    public static HostedFunction Of(RpcFunctionMetadata metadata) => new(
        metadata, [.. metadata.RawBindings.Select(binding => JsonNode.Parse(binding)!.AsObject())]);

    /// <summary>What the host sends back, so that the worker loads it.</summary>
    public FunctionLoadRequest LoadRequest()
    {
        var metadata = new RpcFunctionMetadata
        {
            Name = Name, EntryPoint = Metadata.EntryPoint, ScriptFile = Metadata.ScriptFile, Directory = Metadata.Directory,
        };
        foreach (var binding in Bindings)
        {
            metadata.Bindings[binding["name"]!.GetValue<string>()] = new BindingInfo
            {
                Type = Type(binding),
                Direction = Enum.Parse<BindingInfo.Types.Direction>(binding["direction"]!.GetValue<string>(), ignoreCase: true),
            };
        }

        metadata.Properties.Add(Metadata.Properties);
        return new FunctionLoadRequest { FunctionId = Metadata.FunctionId, Metadata = metadata };
    }

    private static string Type(JsonObject binding) => binding["type"]!.GetValue<string>();
}
