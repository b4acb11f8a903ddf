using Serverless.LocalHost;

namespace Serverless.Http.LocalHost;

public sealed class CommandLineTests
{
    [Fact]
    public void The_defaults_are_those_of_func_start()
    {
        var options = CommandLine.Parse([]);

        Assert.Equal((7071, "127.0.0.1", null, null, true),
            (options.Port, options.Host, options.DataDirectory, options.Storage, options.Timers));
    }

    [Fact]
    public void Values_follow_or_are_joined_by_the_first_equals_sign()
    {
        var options = CommandLine.Parse(["--port=0", "--host", "*", "--storage=AccountName=a;AccountKey=b==", "--no-timers"]);

        Assert.Equal((0, "*", "AccountName=a;AccountKey=b==", false),
            (options.Port, options.Host, options.Storage, options.Timers));
    }

    [Theory]
    [InlineData("--port", "65536")]
    [InlineData("--port", "-1")]
    [InlineData("--port", "seven")]
    [InlineData("--port")]
    [InlineData("--data", " ")]
    [InlineData("--verbose")]
    [InlineData("--no-timers=yes")]
    [InlineData("7071")]
    [InlineData("--data", "a", "--storage", "b")]
    public void A_wrong_option_is_refused_in_one_line(params string[] args)
    {
        var refusal = Assert.Throws<StartException>(() => CommandLine.Parse(args));

        Assert.DoesNotContain('\n', refusal.Message);
    }
}
