using System.Collections.Concurrent;
using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.Time.Testing;
using Serverless.Core;
using Serverless.Core.Delivery;
using Serverless.Core.Effects;
using Serverless.Core.Groups;
using Serverless.Core.Idempotency;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;
using Serverless.Edge.OpenApi;
using Serverless.Functions;
using Serverless.Functions.Access;
using Serverless.Functions.Health;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Produce;
using Serverless.Functions.Http.Quotas;
using Serverless.Functions.Http.Transactions;
using Serverless.Functions.OpenApi;
using Xunit;
using Xunit.Sdk;

namespace Serverless.Edge.Fakes;

/// <summary>What a client got.</summary>
internal sealed record Answer(int Status, string? ContentType, string Body, IHeaderDictionary Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public int ErrorCode => Json.GetProperty("error_code").GetInt32();

    public (int, int) Error => (Status, ErrorCode);
}

/// <summary>Finds the function of a request and runs it on fakes: no sockets, no server.</summary>
internal sealed class EdgeHost
{
    private static readonly List<(TemplateMatcher Route, string[] Methods, MethodInfo Method)> Functions =
    [
        .. from type in typeof(ServiceRegistration).Assembly.GetTypes()
           from method in type.GetMethods()
           let trigger = method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(t => t is not null)
           where trigger is { Route: not null }
           select (new TemplateMatcher(TemplateParser.Parse(trigger.Route!), []), trigger.Methods ?? [], method),
    ];

    private readonly ServiceProvider _services;

    /// <param name="configure">Puts others in place of the fakes.</param>
    public EdgeHost(
        HttpLimits? limits = null, IRowStore? rows = null, IdempotencyOptions? keys = null, Action<IServiceCollection>? configure = null,
        AccessSettings? access = null)
    {
        (Rows, Keys) = (rows ?? new MemoryRowStore(Clock), keys ?? new IdempotencyOptions());
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSingleton<ITopicCatalog>(Topics);
        services.AddSingleton<IPartitionLogs>(Logs);
        services.AddSingleton<IConsumerGroups>(Groups);
        services.AddSingleton<ITransactions>(Transactions);
#pragma warning disable RS0030 // A fixed seed.
        services.AddSingleton(new Random(1));
#pragma warning restore RS0030
        services.AddSingleton<IIdSource, RandomIdSource>();
        services.AddSingleton(limits ?? new HttpLimits());
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddSingleton<ILogger<HttpEdge>>(Log);
        services.AddSingleton<IHostApplicationLifetime>(Lifetime);
        services.AddSingleton(new QuotaOptions());
        services.AddSingleton<StorageBudget>();
        services.AddSingleton<RequestQuotas>();
        services.AddSingleton<HttpEdge>();
        services.AddSingleton(Rows);
        services.AddSingleton<IBlobStore>(new MemoryBlobStore(Clock));
        services.AddSingleton<StorageHealth>();
        services.AddSingleton(Keys);
        services.AddSingleton<Deliveries>();
        services.AddSingleton<IdempotencyKeys>();
        services.AddSingleton<KeyGate>();
        services.AddSingleton(new ProducerIdOptions());
        services.AddSingleton<IProducerIds, ProducerIds>();
        services.AddSingleton(new EffectOptions());
        services.AddSingleton<EffectLedger>();
        services.AddSingleton<ProducingV2>();
        services.AddSingleton<AddingRecords>();
        services.AddSingleton<Producer>();
        services.AddSingleton<DirectReader>();
        services.AddAccess(access ?? AccessSettings.Open);
        services.AddSingleton<OpenApiDocument>();
        services.AddSingleton(RouteTable.Of([]));
        configure?.Invoke(services);
        _services = services.BuildServiceProvider();
    }

    /// <summary>The real service with these settings, on stores in memory.</summary>
    /// <param name="settings">As <c>Section:Name</c>, each with its value.</param>
    public static EdgeHost Real(params (string Name, string Value)[] settings) => new(configure: services =>
    {
        Type[] fakes =
        [
            typeof(ITopicCatalog), typeof(IPartitionLogs), typeof(IConsumerGroups), typeof(ITransactions), typeof(HttpLimits),
            typeof(IdempotencyOptions), typeof(EffectOptions), typeof(ProducerIdOptions), typeof(QuotaOptions),
        ];
        Array.ForEach(fakes, fake => services.RemoveAll(fake));
        services.AddSingleton<IBlobStore>(provider => new MemoryBlobStore(provider.GetRequiredService<TimeProvider>()));
        services.AddServerlessLog(new ConfigurationBuilder().AddInMemoryCollection(settings
            .Select(set => KeyValuePair.Create(set.Name, (string?)set.Value))
            .Append(new(StorageSettings.HostStorage, StorageSettings.DevelopmentStorage))).Build());
    });

    /// <summary>Where requests come from.</summary>
    public IPAddress From { get; set; } = IPAddress.Loopback;

    /// <summary>What keys, producers and effects are kept in.</summary>
    public IRowStore Rows { get; }

    public IdempotencyOptions Keys { get; }

    public KeptLog Log { get; } = new();

    public FakeTimeProvider Clock { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));

    public MemoryTopics Topics { get; } = new();

    public MemoryLogs Logs { get; } = new();

    public ScriptedGroups Groups { get; } = new();

    public ScriptedTransactions Transactions { get; } = new();

    public ApplicationLifetime Lifetime { get; } = new(NullLogger<ApplicationLifetime>.Instance);

    public CancellationTokenSource Disconnect { get; } = new();

    /// <summary>False where a test has fakes answer what the real ones never would.</summary>
    public bool HoldsToDocument { get; set; } = true;

    /// <summary>The operations that were called, and the statuses that came of it.</summary>
    public ConcurrentBag<(string Operation, int Status)> Called { get; } = [];

    public T Service<T>() where T : notnull => _services.GetRequiredService<T>();

    public Task<Answer> GetAsync(string url, params (string Name, string Value)[] headers) => SendAsync("GET", url, null, headers);

    /// <summary>A v2 request with a JSON body of the v2 type.</summary>
    public Task<Answer> PostAsync(string url, string? body, string? type = MediaType.V2) =>
        SendAsync("POST", url, body is null ? null : Encoding.UTF8.GetBytes(body), type is null ? [] : [("Content-Type", type)]);

    public Task<Answer> ProduceAsync(string url, string body, string type = MediaType.Json) => PostAsync(url, body, type);

    public Task<Answer> V3Async(string method, string url, string? body = null) => SendAsync(
        method, url, body is null ? null : Encoding.UTF8.GetBytes(body), body is null ? [] : [("Content-Type", "application/json")]);

    public Task<Answer> SendAsync(string method, string url, byte[]? body, params (string Name, string Value)[] headers) =>
        SendAsync(method, url, body is null ? Stream.Null : new MemoryStream(body), body?.Length, headers, body ?? []);

    /// <summary>The name of the function that such a request goes to.</summary>
    public static string FunctionOf(string method, string url) =>
        Find(method, url.Split('?')[0].TrimEnd('/')).Method.GetCustomAttribute<FunctionAttribute>()!.Name;

    public Task<Answer> SendAsync(
        string method, string url, Stream body, long? length, params (string Name, string Value)[] headers) =>
        SendAsync(method, url, body, length, headers, sent: null);

    // Whatever is sent and got is held against the OpenAPI document.
    private async Task<Answer> SendAsync(
        string method, string url, Stream body, long? length, (string Name, string Value)[] headers, byte[]? sent)
    {
        var context = new DefaultHttpContext { RequestAborted = Disconnect.Token };
        context.Connection.RemoteIpAddress = From;
        var request = context.Request;
        var question = url.IndexOf('?', StringComparison.Ordinal);
        request.Method = method;
        request.Scheme = "https";
        request.Host = new HostString("host");
        request.Path = PathString.FromUriComponent(question < 0 ? url : url[..question]);
        request.QueryString = question < 0 ? default : new QueryString(url[question..]);
        request.Body = body;
        request.ContentLength = length;
        foreach (var (name, value) in headers)
        {
            request.Headers[name] = StringValues.Concat(request.Headers[name], value);
        }

        using var got = new MemoryStream();
        context.Response.Body = got;
        var (found, values) = Find(method, request.Path.Value!.TrimEnd('/'));

        var instance = ActivatorUtilities.CreateInstance(_services, found.DeclaringType!);
        object?[] arguments =
            [.. found.GetParameters().Select(p => p.ParameterType == typeof(HttpRequest) ? (object)request : values[p.Name!])];
        var result = await (Task<IResult>)found.Invoke(instance, arguments)!;
        try
        {
            await result.ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to read it; a server notes that, and no more.
        }

        var response = context.Response;
        var answer = new Answer(response.StatusCode, response.ContentType, Encoding.UTF8.GetString(got.ToArray()), response.Headers);
        if (HoldsToDocument && !context.RequestAborted.IsCancellationRequested)
        {
            var exchange = new ApiExchange(
                method, url, headers.ToLookup(header => header.Name, header => header.Value, StringComparer.OrdinalIgnoreCase), sent)
            {
                Status = answer.Status, ContentType = answer.ContentType, Got = got.ToArray(), GotHeaders = [.. answer.Headers.Keys],
            };
            var operation = ApiCheck.Verify(exchange) ?? throw new XunitException($"The OpenAPI document has no {method} {exchange.Path}.");
            Called.Add((operation.Id, answer.Status));
        }

        return answer;
    }

    private static (MethodInfo Method, RouteValueDictionary Values) Find(string method, string path)
    {
        var matches = new List<(MethodInfo, RouteValueDictionary)>();
        foreach (var (route, methods, function) in Functions)
        {
            var values = new RouteValueDictionary();
            if (methods.Contains(method, StringComparer.OrdinalIgnoreCase) && route.TryMatch(path, values))
            {
                matches.Add((function, values));
            }
        }

        // What nobody else takes goes to the one function that takes everything.
        return Assert.Single(matches.Count > 0
            ? matches
            : [(Assert.Single(Functions, one => one.Methods.Length == 0).Method, new RouteValueDictionary { ["path"] = path.TrimStart('/') })]);
    }
}
