namespace Serverless.Http.Shows;

public sealed class ConsoleBlockTests
{
    private const string Sample = """
        # Sample

        ```console
        $ before
        ```

        ## Quick start

        ```sh
        # Not a heading, and no command.
        ./run
        ```

        ```console
        $ printf 'a\nb\n'
        a
        b
        $ echo one \
          two
        one two
        $ true
        ```

        ### Deeper

        ````console
        $ date
        ...
        ````

        ## Then

        ```console
        $ after
        ```
        """;

    [Fact]
    public void The_commands_of_a_section_are_found_with_their_output()
    {
        var steps = ConsoleBlock.Steps(Sample, "Quick start");

        Assert.Equal(
            [
                new("printf 'a\\nb\\n'", "a\nb\n", 15), new("echo one \\\n  two", "one two\n", 18), new("true", "", 21),
                new ConsoleStep("date", "...\n", 27),
            ],
            steps);
    }

    [Theory]
    [InlineData("a\nb\n", "a\nb", true)]
    [InlineData("a\nb\n", "a\nc", false)]
    [InlineData("a\n", "a\nb", false)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("""{"id":"...","n":1}""", """{"id":"x7","n":1}""", true)]
    [InlineData("""{"id":"...","n":1}""", """{"id":"x7","n":2}""", false)]
    [InlineData("first\n...\nlast\n", "first\n2\n3\nlast", true)]
    [InlineData("first\n...\nlast\n", "first\n2\n3", false)]
    [InlineData("a.c", "abc", false)]
    public void Three_dots_stand_for_anything_and_all_else_for_itself(string expected, string output, bool allowed)
    {
        var step = new ConsoleStep("", expected, 1);

        Assert.Equal(allowed, step.Allows(output));
    }

    [Theory]
    [InlineData("# Quick start\n```console\noutput\n```\n")]
    [InlineData("# Quick start\n```console\n$ command\n")]
    public void A_block_that_cannot_be_run_is_an_error(string markdown) =>
        Assert.Throws<FormatException>(() => ConsoleBlock.Steps(markdown, "Quick start"));
}
