using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Edge.Fakes;
using Serverless.Functions;
using Xunit;

namespace Serverless.Edge.Access;

/// <summary>Every HTTP function × every kind of caller.</summary>
public sealed class MatrixTests
{
    // Whom else: a principal of as many ACLs, all of them for other names.
    private const string Right = "Role:right";
    private const string Other = "Role:other";

    private readonly AccessHost _host = new();

    public static TheoryData<MatrixRow> Rows => [.. MatrixRows.All];

    [Fact]
    public void Every_function_has_a_row()
    {
        var functions = from type in typeof(ServiceRegistration).Assembly.GetTypes()
                        from method in type.GetMethods()
                        where method.GetParameters().Any(parameter => parameter.IsDefined(typeof(HttpTriggerAttribute)))
                        select method.GetCustomAttribute<FunctionAttribute>()!.Name;

        Assert.Equal(functions.Order(StringComparer.Ordinal), MatrixRows.All.Select(row => row.Function).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_request_of_a_row_goes_to_its_function(MatrixRow row)
    {
        Assert.Equal(row.Function, EdgeHost.FunctionOf(row.Method, row.Url));
    }

    [Fact]
    public void No_function_leaves_it_to_the_host_to_ask_who_it_is()
    {
        var others = from type in typeof(ServiceRegistration).Assembly.GetTypes()
                     from method in type.GetMethods()
                     from parameter in method.GetParameters()
                     where parameter.GetCustomAttribute<HttpTriggerAttribute>() is { AuthLevel: not AuthorizationLevel.Anonymous }
                     select type.Name;

        Assert.Empty(others);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Who_brings_nothing_or_what_proves_nothing_gets_in_nowhere(MatrixRow row)
    {
        await PrepareAsync(row);
        var anonymous = await SendAsync(row, null);
        var callers = new[] { "no-key-of-anybody-here", _host.Bearer(("aud", "api://other"), ("roles", "right")) };

        foreach (var caller in callers)
        {
            var answer = await SendAsync(row, caller);
            if (row.Needs is null)
            {
                // Whoever it is: it is the same.
                Assert.Equal((anonymous.Status, anonymous.Body), (answer.Status, answer.Body));
            }
            else
            {
                Assert.Equal((401, 40101), answer.Error);
                Assert.Equal((401, 40101), anonymous.Error);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Who_is_known_and_allowed_nothing_or_something_else_is_refused(MatrixRow row)
    {
        await PrepareAsync(row);
        foreach (var roles in (string[][])[[], ["other"]])
        {
            var answer = await SendAsync(row, _host.Bearer(("roles", roles)));

            if (row.Needs is { Length: > 0 })
            {
                Assert.Equal((403, 40301), answer.Error);
            }
            else
            {
                AssertServed(answer, row);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Who_is_allowed_just_what_it_needs_is_served(MatrixRow row)
    {
        await PrepareAsync(row);

        AssertServed(await SendAsync(row, _host.Bearer(("roles", "right"))), row);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Each_part_of_what_it_needs_is_needed(MatrixRow row)
    {
        await PrepareAsync(row);
        foreach (var (part, missing) in (row.Needs ?? []).Index())
        {
            // Each time somebody else, as what was allowed or denied before stays so.
            await _host.AllowAsync($"User:less{part}", [.. row.Needs!.Except([missing])]);
            await _host.DenyAsync($"User:denied{part}", missing);

            Assert.Equal((403, 40301), (await SendAsync(row, _host.Bearer(("sub", $"less{part}")))).Error);
            Assert.Equal((403, 40301), (await SendAsync(row, _host.Bearer(("sub", $"denied{part}"), ("roles", "right")))).Error);
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_super_user_is_served_everywhere(MatrixRow row)
    {
        await PrepareAsync(row);

        AssertServed(await SendAsync(row, AccessHost.AdminKey), row);
    }

    private async Task PrepareAsync(MatrixRow row)
    {
        await _host.AllowAsync(Right, row.Needs ?? []);
        await _host.AllowAsync(Other, [.. (row.Needs ?? []).Select(Elsewhere).OfType<string>()]);
        var settings = new DeliverySettings(new Subscription(["orders"], null), new DeliveryTarget.Topic("copies", new Dictionary<string, string>()))
        {
            DeadLetterTopic = "letters",
        };
        await _host.Edge.Service<Deliveries>().ChangeAsync("g", (_, _) => new GroupDelivery("g", settings, "", default), default);
    }

    // There is one cluster: of another there can be no ACL.
    private static string? Elsewhere(string acl)
    {
        var parts = acl.Split(' ');
        return parts[0] == "CLUSTER" ? null : $"{parts[0]} {parts[1]}-other ALL";
    }

    private Task<Answer> SendAsync(MatrixRow row, string? caller) => _host.SendAsync(row.Method, row.Url, caller, row.Body, row.Type);

    private static void AssertServed(Answer answer, MatrixRow row)
    {
        // The worker's call has a signature of its own, which none of these have.
        var ownRefusal = row.Function == "RunDeliveryWorker" && answer.Body.Contains("the service itself", StringComparison.Ordinal);
        Assert.True(ownRefusal || answer.Status is not (401 or 403 or >= 500), $"{row}: {answer.Status} {answer.Body}");
    }
}
