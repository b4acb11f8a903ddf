using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions;

namespace Serverless.Http.Functions;

/// <summary>The rules of <c>FunctionConvention</c>, on every HTTP function of the product.</summary>
public sealed class FunctionConventionTests
{
    private sealed record Function(string Name, MethodInfo Method, RouteTemplate Route, string[] Methods)
    {
        public decimal Precedence => RoutePrecedence.ComputeInbound(Route);

        public override string ToString() => $"{Name} ({Route.TemplateText})";
    }

    private static readonly List<Function> All =
    [
        .. from type in typeof(ServiceRegistration).Assembly.GetTypes()
           from method in type.GetMethods()
           let name = method.GetCustomAttribute<FunctionAttribute>()?.Name
           let trigger = method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(t => t is not null)
           where name is not null && trigger is not null
           select new Function(name, method, TemplateParser.Parse(trigger.Route ?? name), trigger.Methods ?? []),
    ];

    [Fact]
    public void Where_two_routes_overlap_the_more_precise_one_has_the_name_that_comes_first()
    {
        var pairs = from one in All
                    from other in All
                    where Overlap(one, other) && one.Precedence < other.Precedence
                    select (Precise: one, Loose: other);

        // The host on Azure tries functions in this order, and no other.
        var wrong = pairs.Where(pair => string.Compare(pair.Precise.Name, pair.Loose.Name, StringComparison.OrdinalIgnoreCase) > 0);

        Assert.Empty(wrong);
    }

    [Fact]
    public void No_two_functions_have_the_same_route_and_a_common_method()
    {
        var same = from one in All
                   from other in All
                   where string.Compare(one.Name, other.Name, StringComparison.Ordinal) < 0
                       && Overlap(one, other) && one.Precedence == other.Precedence
                   select (one, other);

        Assert.Empty(same);
    }

    [Fact]
    public void HEAD_is_named_wherever_GET_is()
    {
        var without = All.Where(function =>
            function.Methods.Contains("get", StringComparer.OrdinalIgnoreCase)
            && !function.Methods.Contains("head", StringComparer.OrdinalIgnoreCase));

        Assert.Empty(without);
    }

    [Fact]
    public void Functions_take_the_request_and_strings_of_their_route_alone()
    {
        var others = from function in All
                     from parameter in function.Method.GetParameters()
                     where parameter.ParameterType != typeof(HttpRequest)
                         && !(parameter.ParameterType == typeof(string) && function.Route.GetParameter(parameter.Name!) is not null)
                     select $"{function}: {parameter.Name}";

        Assert.Empty(others);
    }

    [Fact]
    public void Results_show_no_public_properties_that_the_worker_would_serialise()
    {
        var showing = from type in typeof(ServiceRegistration).Assembly.GetTypes()
                      where type.IsAssignableTo(typeof(IResult))
                      from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                      select $"{type.Name}.{property.Name}";

        Assert.Empty(showing);
    }

    private static bool Overlap(Function one, Function other)
    {
        var methods = one.Methods.Length == 0 || other.Methods.Length == 0
            || one.Methods.Intersect(other.Methods, StringComparer.OrdinalIgnoreCase).Any();
        return one != other && methods && Overlap(one.Route.Segments, other.Route.Segments);
    }

    private static bool Overlap(IList<TemplateSegment> one, IList<TemplateSegment> other)
    {
        for (var at = 0; ; at++)
        {
            var (first, second) = (at < one.Count ? one[at] : null, at < other.Count ? other[at] : null);
            if (first is { Parts: [{ IsCatchAll: true }] } || second is { Parts: [{ IsCatchAll: true }] })
            {
                return true;
            }

            if (first is null || second is null)
            {
                return first is null && second is null;
            }

            // A segment of several parts is taken for a parameter: rather a false alarm than a silent one.
            var literals = first is { Parts: [{ IsLiteral: true }] } && second is { Parts: [{ IsLiteral: true }] };
            if (literals && !first.Parts[0].Text!.Equals(second.Parts[0].Text, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }
    }
}
