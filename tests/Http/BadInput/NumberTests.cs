namespace Serverless.Http.BadInput;

/// <summary>Numbers out of range, and spellings of numbers that others would let pass.</summary>
public sealed class NumberTests(BadInputFixture service) : BadInputTests(service)
{
    [Theory]
    [InlineData("1e3")]
    [InlineData("0x1")]
    [InlineData("%D9%A3")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("1%20")]
    [InlineData("NaN")]
    [InlineData("1.0")]
    [InlineData("-")]
    [InlineData("--1")]
    [InlineData("-0x")]
    [InlineData("99999999999999999999")]
    public async Task A_partition_in_a_path_that_is_no_integer_is_no_route(string partition)
    {
        await Service.RefusesAsync(404, 404, "GET", $"/topics/orders/partitions/{partition}");
        await Service.RefusesAsync(404, 404, "GET", $"/topics/orders/partitions/{partition}/offsets");
        await Service.RefusesAsync(404, 404, "POST", $"/topics/orders/partitions/{partition}", OneRecord, ServiceFixture.Json);
        await Service.RefusesAsync(404, 404, "GET", $"{TopicsV3}/orders/partitions/{partition}");
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("2")]
    [InlineData("1000")]
    [InlineData("2147483647")]
    [InlineData("2147483648")]
    [InlineData("9223372036854775807")]
    public async Task A_partition_in_a_path_that_the_topic_has_not_is_40402(string partition)
    {
        await Service.RefusesAsync(404, 40402, "GET", $"/topics/orders/partitions/{partition}");
        await Service.RefusesAsync(404, 40402, "GET", $"/topics/orders/partitions/{partition}/offsets");
        await Service.RefusesAsync(404, 40402, "GET", $"/topics/orders/partitions/{partition}/records?offset=0");
        await Service.RefusesAsync(404, 40402, "POST", $"/topics/orders/partitions/{partition}", OneRecord, ServiceFixture.Json);
        await Service.RefusesAsync(404, 40402, "GET", $"{TopicsV3}/orders/partitions/{partition}/offset");
    }

    [Theory]
    [InlineData("-1", 422)]
    [InlineData("2147483648", 400)]
    [InlineData("1e0", 400)]
    [InlineData("1.0", 400)]
    [InlineData("\"1\"", 400)]
    [InlineData("true", 400)]
    [InlineData("{}", 400)]
    [InlineData("-9223372036854775809", 400)]
    public async Task A_partition_in_a_body_is_an_exact_integer(string partition, int status)
    {
        await Service.RefusesAsync(status, status, "POST", "/topics/orders", $$"""{"records":[{"value":1,"partition":{{partition}}}]}""", ServiceFixture.Json);
        await Service.RefusesAsync(status, status, "POST", $"{BadInputFixture.Subscribed}/offsets", $$"""{"offsets":[{"topic":"orders","partition":{{partition}},"offset":1}]}""");
        await Service.RefusesAsync(status, status, "POST", $"{BadInputFixture.Assigned}/positions", $$"""{"offsets":[{"topic":"orders","partition":{{partition}},"offset":1}]}""");
        await Service.RefusesAsync(status, status, "POST", $"{BadInputFixture.Assigned}/assignments", $$"""{"partitions":[{"topic":"orders","partition":{{partition}}}]}""");
    }

    [Theory]
    [InlineData("9223372036854775808", 400)]
    [InlineData("-9223372036854775809", 400)]
    [InlineData("1e400", 400)]
    [InlineData("1.5", 400)]
    [InlineData("\"1\"", 400)]
    [InlineData("[]", 400)]
    [InlineData("-2", 422)]
    [InlineData("-3", 422)]
    [InlineData("null", 422)]
    [InlineData("9223372036854775807", 422)]
    public async Task A_committed_offset_is_a_last_record_or_minus_one(string offset, int status)
    {
        await Service.RefusesAsync(status, status, "POST", $"{BadInputFixture.Subscribed}/offsets", $$"""{"offsets":[{"topic":"orders","partition":0,"offset":{{offset}}}]}""");
        await Service.RefusesAsync(status, status, "POST", "/consumers/audit/offsets", $$"""{"offsets":[{"topic":"orders","partition":0,"offset":{{offset}}}]}""");
    }

    [Theory]
    [InlineData("-1", 422)]
    [InlineData("-3", 422)]
    [InlineData("null", 422)]
    [InlineData("9223372036854775808", 400)]
    [InlineData("0.0", 400)]
    public async Task A_sought_offset_is_not_negative(string offset, int status)
    {
        await Service.RefusesAsync(status, status, "POST", $"{BadInputFixture.Assigned}/positions", $$"""{"offsets":[{"topic":"orders","partition":0,"offset":{{offset}}}]}""");
    }

    [Theory]
    [InlineData("offset=-1", 400)]
    [InlineData("offset=-3", 400)]
    [InlineData("offset=4", 40002)]
    [InlineData("offset=9223372036854775807", 40002)]
    [InlineData("offset=9007199254740993", 40002)]
    [InlineData("offset=9223372036854775808", 400)]
    [InlineData("offset=-9223372036854775809", 400)]
    [InlineData("offset=1e0", 400)]
    [InlineData("offset=%2B1", 400)]
    [InlineData("offset=+1", 400)]
    [InlineData("offset=01", 400)]
    [InlineData("offset=%D9%A3", 400)]
    [InlineData("offset=", 400)]
    [InlineData("offset", 400)]
    [InlineData("", 400)]
    [InlineData("offset=0&timestamp=0", 400)]
    [InlineData("timestamp=-1", 400)]
    [InlineData("timestamp=253402300800000", 400)]
    [InlineData("offset=0&timeout=1.5", 400)]
    [InlineData("offset=0&max_bytes=x", 400)]
    [InlineData("offset=0&max_bytes=9223372036854775808", 400)]
    [InlineData("offset=0&isolation_level=read_everything", 400)]
    public async Task A_read_names_a_place_within_the_log(string query, int code)
    {
        await Service.RefusesAsync(400, code, "GET", $"/topics/orders/partitions/0/records?{query}");
    }

    [Theory]
    [InlineData("timeout=x")]
    [InlineData("timeout=")]
    [InlineData("timeout=1e3")]
    [InlineData("timeout=9223372036854775808")]
    [InlineData("max_bytes=0x10")]
    [InlineData("min_bytes=-2")]
    [InlineData("min_bytes=2147483648")]
    [InlineData("max_records=1.0")]
    public async Task A_polls_limits_are_integers(string query)
    {
        await Service.RefusesAsync(400, 400, "GET", $"{BadInputFixture.Subscribed}/records?{query}");
    }

    [Theory]
    [InlineData("max_bytes=0")]
    [InlineData("max_bytes=2147483648")]
    [InlineData("max_bytes=-5&timeout=-1")]
    [InlineData("timeout=0&max_records=-1")]
    public async Task Limits_out_of_range_are_cut(string query)
    {
        var answer = await Service.GetAsync($"/topics/orders/partitions/0/records?offset=0&{query}");

        Assert.Equal(3, answer.Must(200).Node.AsArray().Count);
    }

    [Fact]
    public async Task A_wait_of_a_billion_milliseconds_is_cut_without_an_error()
    {
        var answer = await Service.GetAsync("/topics/orders/partitions/0/records?offset=0&timeout=1000000000");

        Assert.Equal(3, answer.Must(200).Node.AsArray().Count);
    }

    [Theory]
    [InlineData("-1", 422)]
    [InlineData("0", 422)]
    [InlineData("null", 400)]
    [InlineData("1.0", 400)]
    [InlineData("\"1\"", 400)]
    [InlineData("9223372036854775808", 400)]
    public async Task A_fencing_token_is_an_exact_positive_integer(string token, int status)
    {
        await Service.RefusesAsync(status, status, "PUT", BadInputFixture.Effect, $$"""{"fencing_token":{{token}},"result":1}""");
        await Service.RefusesAsync(400, 400, "DELETE", $"{BadInputFixture.Effect}?fencing_token={token.Replace("\"", "%22", StringComparison.Ordinal)}");
    }

    [Theory]
    [InlineData("-1", 422)]
    [InlineData("253402300800000", 422)]
    [InlineData("9223372036854775808", 400)]
    [InlineData("1.5", 400)]
    [InlineData("\"2024-01-01T00:00:00Z\"", 400)]
    public async Task A_records_timestamp_is_within_the_years_that_can_be_written(string timestamp, int status)
    {
        await Service.RefusesAsync(status, status, "POST", "/topics/orders", $$"""{"records":[{"value":1,"timestamp":{{timestamp}}}]}""", ServiceFixture.Json);
    }

    [Theory]
    [InlineData("\"10000-01-01T00:00:00Z\"", 422)]
    [InlineData("\"2024-01-01\"", 422)]
    [InlineData("\"2024-01-01T00:00:00\"", 422)]
    [InlineData("\"2024-13-01T00:00:00Z\"", 422)]
    [InlineData("\"1969-12-31T23:59:59Z\"", 422)]
    [InlineData("-1", 422)]
    [InlineData("253402300800000", 422)]
    [InlineData("1.5", 400)]
    [InlineData("true", 400)]
    public async Task A_time_to_seek_to_is_one_time(string timestamp, int status)
    {
        await Service.RefusesAsync(status, status, "POST", $"{BadInputFixture.Assigned}/positions", $$"""{"timestamps":[{"topic":"orders","partition":0,"timestamp":{{timestamp}}}]}""");
    }

    [Theory]
    [InlineData("0", 40002)]
    [InlineData("-5", 40002)]
    [InlineData("1000000", 40002)]
    [InlineData("2147483648", 400)]
    [InlineData("1.0", 400)]
    [InlineData("\"1\"", 400)]
    public async Task A_topic_has_a_number_of_partitions_that_can_be(string count, int code)
    {
        await Service.RefusesAsync(400, code, "POST", TopicsV3, $$"""{"topic_name":"never","partitions_count":{{count}}}""", ServiceFixture.Plain);
        await Service.RefusesAsync(400, code, "PATCH", $"{TopicsV3}/orders", $$"""{"partitions_count":{{count}}}""", ServiceFixture.Plain);
    }

    [Theory]
    [InlineData("\"session.timeout.ms\":0")]
    [InlineData("\"session.timeout.ms\":5999")]
    [InlineData("\"session.timeout.ms\":86400000")]
    [InlineData("\"fetch.min.bytes\":-2")]
    [InlineData("\"fetch.min.bytes\":2147483648")]
    [InlineData("\"fetch.min.bytes\":1.0")]
    [InlineData("\"fetch.min.bytes\":\"one\"")]
    [InlineData("\"consumer.request.timeout.ms\":0")]
    [InlineData("\"consumer.request.timeout.ms\":\"1e3\"")]
    [InlineData("\"consumer.request.timeout.ms\":9223372036854775808")]
    [InlineData("\"auto.commit.enable\":1")]
    [InlineData("\"auto.commit.enable\":\"yes\"")]
    [InlineData("\"auto.offset.reset\":\"newest\"")]
    [InlineData("\"format\":\"avro\"")]
    [InlineData("\"format\":1")]
    [InlineData("\"isolation.level\":\"serializable\"")]
    [InlineData("\"partition.assignment.strategy\":\"sticky\"")]
    [InlineData("\"delivery.mode\":\"maybe\"")]
    [InlineData("\"replace\":\"perhaps\"")]
    [InlineData("\"name\":5")]
    [InlineData("\"name\":[\"a\"]")]
    [InlineData("\"colour\":\"red\"")]
    public async Task A_consumer_configuration_with_an_impossible_value_is_42204(string field)
    {
        await Service.RefusesAsync(422, 42204, "POST", "/consumers/shop", $"{{{field}}}");
    }

    [Fact]
    public async Task After_all_of_it_good_requests_work()
    {
        await Service.ServesAsync();
    }
}
