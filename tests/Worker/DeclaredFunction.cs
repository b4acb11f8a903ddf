using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions;

namespace Serverless.Worker;

/// <summary>A function as its attributes say, or as metadata tell the host; two that are alike print alike.</summary>
internal sealed record DeclaredFunction(string Name, string EntryPoint, string Trigger)
{
    /// <summary>Every function of the product.</summary>
    public static IReadOnlyList<DeclaredFunction> All { get; } =
    [
        .. from type in typeof(ServiceRegistration).Assembly.GetTypes()
           from method in type.GetMethods()
           let name = method.GetCustomAttribute<FunctionAttribute>()?.Name
           where name is not null
           orderby name
           select new DeclaredFunction(name, $"{type.FullName}.{method.Name}", Triggers(method).Single()),
    ];

    public bool IsTimer => Trigger.StartsWith(Timer(""), StringComparison.Ordinal);

    /// <summary>As metadata have it.</summary>
    /// <param name="binding">The trigger's.</param>
    public static DeclaredFunction Of(string name, string entryPoint, JsonObject binding) => new(
        name,
        entryPoint,
        binding["type"]!.GetValue<string>() switch
        {
            "httpTrigger" => Http(
                binding["authLevel"]!.GetValue<string>(),
                binding["methods"]?.AsArray().Select(method => method!.GetValue<string>()) ?? [],
                binding["route"]?.GetValue<string>()),
            "timerTrigger" => Timer(binding["schedule"]!.GetValue<string>()),
            var other => other,
        });

    private static IEnumerable<string> Triggers(MethodInfo method)
    {
        foreach (var parameter in method.GetParameters())
        {
            if (parameter.GetCustomAttribute<HttpTriggerAttribute>() is { } http)
            {
                yield return Http($"{http.AuthLevel}", http.Methods ?? [], http.Route);
            }

            if (parameter.GetCustomAttribute<TimerTriggerAttribute>() is { } timer)
            {
                yield return Timer(timer.Schedule);
            }
        }
    }

    private static string Http(string level, IEnumerable<string> methods, string? route) =>
        $"{string.Join(',', methods)} {route} ({level})";

    private static string Timer(string schedule) => $"at {schedule}";
}
