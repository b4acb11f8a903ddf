using System.Text;
using Serverless.Http;

namespace Serverless.Worker;

/// <summary>What lies between a client and a function on Azure, the proxying and the binding by name, changes no reply.</summary>
[Collection(typeof(SharedWorker))]
public sealed class ReplyTests(WorkerFixture worker) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = worker.Host.Address };

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task HEAD_has_the_headers_of_GET_and_no_body()
    {
        var get = (await SendAsync("GET", "/v3/clusters/serverless")).Must(200);
        var head = (await SendAsync("HEAD", "/v3/clusters/serverless")).Must(200);

        Assert.Empty(head.Body);
        Assert.Equal(get.ContentType, head.ContentType);
        Assert.Equal($"{get.Body.Length}", head.Header("Content-Length"));
    }

    [Theory]
    [InlineData("GET", "/nowhere", 404, 404)]
    [InlineData("GET", "/v3/nowhere", 404, 404)]
    [InlineData("GET", "/topics/absent", 404, 40401)]
    [InlineData("GET", "/topics/a%2Fb", 404, 40401)]
    [InlineData("GET", "/topics/a%252Fb", 404, 40401)]
    [InlineData("PUT", "/topics/absent", 405, 405)]
    [InlineData("PROPFIND", "/topics", 405, 405)]
    public async Task A_refusal_is_in_the_contracts_words(string method, string path, int status, int code)
    {
        var answer = (await SendAsync(method, path)).Must(status);

        Assert.Equal(code, answer.ErrorCode);
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        Assert.Single(answer.Headers["X-Correlation-Id"]);
        Assert.Equal(status == 405, answer.Header("Allow") is not null);
    }

    [Fact]
    public async Task The_root_and_the_probes_answer()
    {
        Assert.Equal("{}", (await SendAsync("GET", "/")).Must(200).Text);
        Assert.Empty((await SendAsync("GET", "/healthy")).Must(200).Body);
        (await SendAsync("GET", "/ready")).Must(200);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_of_more_than_4_MiB_is_too_large(bool lengthIsAnnounced)
    {
        var body = new byte[(4 * 1024 * 1024) + 1];
        body.AsSpan().Fill((byte)' ');
        using var request = new HttpRequestMessage(HttpMethod.Post, "/topics/any") { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", ContentTypes.Json);
        request.Headers.TransferEncodingChunked = lengthIsAnnounced ? null : true;

        using var response = await _http.SendAsync(request);

        Assert.Equal(413, (await Answer.ReadAsync(response)).Must(413).ErrorCode);
    }

    [Fact]
    public async Task The_largest_record_comes_back_whole()
    {
        var topic = worker.NewName("large");
        await worker.Client.CreateTopicAsync(topic, 1);
        string[] values = [.. "abc".Select(letter => new string(letter, 1_000_000))];

        await worker.Client.ProduceAsync(topic, 0, values);
        var records = await worker.Client.ReadAllAsync(topic, 0);

        Assert.Equal(values, records.Select(record => record.Value));
    }

    [Fact]
    public async Task A_GET_may_have_a_body()
    {
        var (topic, group) = (worker.NewName("topic"), worker.NewName("group"));
        await worker.Client.CreateTopicAsync(topic, 1);
        (await SendAsync("POST", $"/consumers/{group}", """{"name":"i"}""")).Must(200);
        var partitions = $$"""{"partitions":[{"topic":"{{topic}}","partition":0}]}""";
        (await SendAsync("POST", $"/consumers/{group}/instances/i/offsets",
            $$"""{"offsets":[{"topic":"{{topic}}","partition":0,"offset":6}]}""")).Must(200);

        var answer = (await SendAsync("GET", $"/consumers/{group}/instances/i/offsets", partitions)).Must(200);

        Assert.Equal($$"""{"offsets":[{"topic":"{{topic}}","partition":0,"offset":7,"metadata":""}]}""", answer.Text);
    }

    [Theory]
    [InlineData("topic")]
    [InlineData("request")]
    [InlineData("headers")]
    public async Task A_query_with_the_name_of_what_is_bound_is_for_the_function_to_refuse(string name)
    {
        var answer = (await SendAsync("GET", $"/topics/absent?{name}=%5B%0A%5D")).Must(400);

        Assert.Equal($$"""{"error_code":400,"message":"Unknown query parameter: {{name}}"}""", answer.Text);
    }

    [Theory]
    [InlineData("group")]
    [InlineData("request")]
    [InlineData("headers")]
    public async Task A_field_with_the_name_of_what_is_bound_is_for_the_function_to_refuse(string name)
    {
        var answer = (await SendAsync("POST", "/consumers/any", $$$"""{"{{{name}}}":{"Forwarded":5}}""")).Must(422);

        Assert.Equal($$"""{"error_code":42204,"message":"Unrecognized field: {{name}}"}""", answer.Text);
    }

    [Theory]
    [InlineData("https://pub.example:8443", "Forwarded", "for=1.2.3.4;host=pub.example:8443;proto=https")]
    [InlineData("https://pub.example", "X-Forwarded-Host", "pub.example", "X-Forwarded-Proto", "https", "X-Forwarded-For", "1.2.3.4:5")]
    [InlineData("http://h.example", "Host", "h.example")]
    [InlineData("http://h.example/kafka", "Host", "h.example", "X-Forwarded-Prefix", "/kafka/")]
    [InlineData("http://h.example/kafka", "Host", "h.example", "X-Forwarded-Path", "/kafka/consumers/{group}")]
    [InlineData("http://h.example", "Host", "h.example", "X-Forwarded-Host", "bad host/../", "X-Forwarded-Proto", "javascript")]
    public async Task Links_begin_with_what_the_proxies_say(string expected, params string[] headers)
    {
        var group = worker.NewName("group");

        var created = await SendAsync("POST", $"/consumers/{group}", """{"name":"i"}""",
            [.. headers.Chunk(2).Select(pair => (pair[0], pair[1].Replace("{group}", group, StringComparison.Ordinal)))]);

        Assert.Equal($"{expected}/consumers/{group}/instances/i", created.Must(200).Node["base_uri"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_worker_says_nothing_of_a_result_but_what_it_sent()
    {
        (await SendAsync("GET", "/v3/clusters/serverless")).Must(200);

        var response = await worker.Host.Invocations.Last(invocation => invocation.Function == "V3GetCluster").Response;

        // A result with public properties would be here a second time.
        Assert.Equal("{}", response.ReturnValue.Json);
        Assert.Empty(response.OutputData);
    }

    private async Task<Answer> SendAsync(
        string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.Remove("Content-Type");
            request.Content.Headers.TryAddWithoutValidation("Content-Type", ContentTypes.V2);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _http.SendAsync(request);
        return await Answer.ReadAsync(response);
    }
}
