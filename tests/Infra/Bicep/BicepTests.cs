namespace Serverless.Infra.Bicep;

public sealed class BicepTests
{
    private static readonly Dictionary<string, string> Given = new()
    {
        ["AZURE_ENV_NAME"] = "dev", ["AZURE_LOCATION"] = "westeurope", ["ACCESS_AUDIENCE"] = "api://log",
    };

    public static TheoryData<string> Templates() =>
        [.. Directory.EnumerateFiles(Repository.Infra, "*.bicep", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Templates))]
    public async Task A_template_compiles_and_nothing_is_said_of_it(string file)
    {
        var (code, output, complaints) = await BicepCompiler.BuildAsync(file);

        Assert.Equal("", complaints);
        Assert.Equal(0, code);
        Assert.Contains("deploymentTemplate.json", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_parameters_compile_with_no_more_than_a_name_a_region_and_an_audience()
    {
        var (code, output, complaints) = await ParametersAsync(Given);

        Assert.Equal((0, ""), (code, complaints));
        Assert.Contains("environmentName", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AZURE_ENV_NAME")]
    [InlineData("AZURE_LOCATION")]
    [InlineData("ACCESS_AUDIENCE")]
    public async Task What_must_be_given_is_asked_for_by_its_name(string missing)
    {
        var (code, _, complaints) = await ParametersAsync(Given.Where(each => each.Key != missing).ToDictionary());

        Assert.NotEqual(0, code);
        Assert.Contains(missing, complaints, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ACCESS_MODE", "closed")]
    [InlineData("MAXIMUM_INSTANCE_COUNT", "many")]
    [InlineData("ZONE_REDUNDANT", "perhaps")]
    public async Task A_value_that_cannot_be_is_refused_before_anything_is_deployed(string name, string value)
    {
        var (code, _, complaints) = await ParametersAsync(Given.Append(KeyValuePair.Create(name, value)).ToDictionary());

        Assert.NotEqual(0, code);
        Assert.Contains("Error BCP", complaints, StringComparison.Ordinal);
    }

    // What the tests above are worth: the compiler and its linter, set as they are here, do complain.
    [Theory]
    [InlineData("resource a 'Microsoft.Storage/storageAccounts@2024-01-01' = { name: 'a', location: 'x', kind: 'StorageV2' }", "BCP035")]
    [InlineData("param unused string", "no-unused-params")]
    [InlineData("output u string = 'https://x.blob.core.windows.net'", "no-hardcoded-env-urls")]
    [InlineData("@secure()\nparam key string\noutput key string = key", "outputs-should-not-contain-secrets")]
    [InlineData("@secure()\nparam key string = 'abc'\nvar k = key\noutput n int = length(k)", "secure-parameter-default")]
    [InlineData(
        "resource a 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: 'a' }\noutput keys object = a.listKeys()",
        "outputs-should-not-contain-secrets")]
    public async Task A_template_that_is_wrong_is_told(string text, string rule)
    {
        using var copy = new InfraCopy();

        var (code, _, complaints) = await BicepCompiler.BuildAsync(copy.Add("wrong.bicep", text));

        Assert.Contains(rule, complaints, StringComparison.Ordinal);
        Assert.True(code != 0 || complaints.Contains("Warning", StringComparison.Ordinal));
    }

    private static Task<(int Code, string Output, string Complaints)> ParametersAsync(IReadOnlyDictionary<string, string> environment) =>
        BicepCompiler.RunAsync(["build-params", Path.Combine(Repository.Infra, "main.bicepparam"), "--stdout"], environment);
}
