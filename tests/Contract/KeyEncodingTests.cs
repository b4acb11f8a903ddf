using FsCheck;
using FsCheck.Fluent;
using Serverless.Core.Storage;

namespace Serverless.Contract;

/// <summary>Names as keys: any name has one, and no two have the same.</summary>
public sealed class KeyEncodingTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(20_000);

    // Characters that mean something to the encoding or to the service, and halves of surrogate pairs.
    private static readonly Gen<char> Character = Gen.OneOf(
        Gen.Elements("abAB09._-=~|/\\#?%'\" \t\0\u007fé漢\ud83d\ude00\ud800\udc00\ufffd\uffff".ToCharArray()),
        Gen.Choose(0, 0xffff).Select(code => (char)code));

    private static readonly Gen<string> Name = Gen.Frequency(
        (6, Text(Character, 12)),
        (1, Text(Gen.Elements('a', '=', '/'), 5)),
        (1, Text(Character, 3).Select(text => new string('x', 396) + text)),
        (1, Text(Character, 3).Select(text => string.Concat(Enumerable.Repeat("é/", 300)) + text)));

    // Two names that no generator of single names would put side by side: near ones, and one that is the other's encoding.
    private static readonly Arbitrary<(string, string)> Pairs = Gen.OneOf(
        Name.Zip(Name),
        Name.Select(name => (name, KeyEncoding.Encode(name))),
        Name.Zip(Character).Select(pair => (pair.Item1, pair.Item1 + pair.Item2)),
        Name.Zip(Character).Zip(Character).Select(all => (all.Item1.Item1 + all.Item1.Item2, all.Item1.Item1 + all.Item2)))
        .ToArbitrary();

    [Fact]
    public void Two_names_have_the_same_key_only_if_they_are_one() => Prop
        .ForAll(Pairs, pair => (pair.Item1 == pair.Item2) == (KeyEncoding.Encode(pair.Item1) == KeyEncoding.Encode(pair.Item2)))
        .Check(Many);

    [Fact]
    public void A_key_is_legal_and_never_too_long() => Prop
        .ForAll(Name.Where(name => name.Length > 0).ToArbitrary(), name =>
        {
            var key = KeyEncoding.Encode(name);
            StorageRules.Key(key);
            return key.Length <= KeyEncoding.LengthMax;
        })
        .Check(Many);

    [Theory]
    [InlineData("orders", "orders")]
    [InlineData("Orders.v1_a-b", "Orders.v1_a-b")]
    [InlineData("a/b", "a=2fb")]
    [InlineData("a=2fb", "a=3d2fb")]
    [InlineData("é", "=c3=a9")]
    [InlineData("\ud83d\ude00", "=f0=9f=98=80")]
    public void A_name_is_stored_as_it_always_was(string name, string key) => Assert.Equal(key, KeyEncoding.Encode(name));

    private static Gen<string> Text(Gen<char> character, int lengthMax) =>
        Gen.Choose(0, lengthMax).SelectMany(length => character.ArrayOf(length)).Select(text => new string(text));
}
