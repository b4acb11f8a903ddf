using FsCheck;
using FsCheck.Fluent;
using Serverless.Core.Access;
using Xunit;
using static Serverless.Core.Access.AclOperation;
using static Serverless.Core.Access.AclPatternType;
using static Serverless.Core.Access.AclPermissionType;
using static Serverless.Core.Access.AclResourceType;

namespace Serverless.Core.Tests.Access;

public sealed class AclRulesTests
{
    private static readonly Principal Ann = new("User:ann", ["Role:clerk"]);
    private static readonly AclOperation[] Operations = Enum.GetValues<AclOperation>();

    [Fact]
    public void What_nothing_allows_is_denied()
    {
        var rules = new AclRules([]);

        Assert.All(Operations, operation => Assert.False(rules.Allow(Ann, Topic, "t", operation)));
    }

    [Theory]
    [InlineData("t", Literal, "t", true)]
    [InlineData("t", Literal, "t1", false)]
    [InlineData("t", Literal, "T", false)]
    [InlineData("*", Literal, "t", true)]
    [InlineData("t", Prefixed, "t", true)]
    [InlineData("t", Prefixed, "t1", true)]
    [InlineData("t1", Prefixed, "t", false)]
    [InlineData("*", Prefixed, "t", false)]
    [InlineData("*", Prefixed, "*t", true)]
    public void Names_are_literal_or_prefixes_and_a_literal_star_is_all(string name, AclPatternType pattern, string asked, bool isAllowed)
    {
        var rules = new AclRules([new(Topic, name, pattern, "User:ann", Read, Allow)]);

        Assert.Equal(isAllowed, rules.Allow(Ann, Topic, asked, Read));
        Assert.False(rules.Allow(Ann, Group, asked, Read));
    }

    [Theory]
    [InlineData("User:ann", true)]
    [InlineData("Role:clerk", true)]
    [InlineData("User:*", true)]
    [InlineData("User:an", false)]
    [InlineData("User:clerk", false)]
    [InlineData("Role:ann", false)]
    [InlineData("Role:*", false)]
    [InlineData("Key:ann", false)]
    [InlineData("*", false)]
    public void An_ACL_is_for_the_principal_its_roles_or_everyone(string principal, bool isAllowed)
    {
        var rules = new AclRules([new(Topic, "t", Literal, principal, Read, Allow)]);

        Assert.Equal(isAllowed, rules.Allow(Ann, Topic, "t", Read));
    }

    [Fact]
    public void Operations_imply_what_Kafka_has_them_imply()
    {
        foreach (var granted in Operations)
        {
            var rules = new AclRules([new(Topic, "t", Literal, "User:ann", granted, Allow)]);
            var allowed = Operations.Where(operation => operation != All && rules.Allow(Ann, Topic, "t", operation));

            AclOperation[] expected = granted switch
            {
                All => [.. Operations.Where(operation => operation != All)],
                Read or Write or Delete or Alter => [granted, Describe],
                AlterConfigs => [DescribeConfigs, AlterConfigs],
                _ => [granted],
            };
            Assert.Equal(expected.Order(), allowed.Order());
        }
    }

    [Fact]
    public void A_denial_wins_over_everything_whoever_it_is_for_and_implies_nothing()
    {
        AclBinding all = new(Topic, "*", Literal, "User:ann", All, Allow);
        foreach (var principal in (string[])["User:ann", "Role:clerk", "User:*"])
        {
            var rules = new AclRules([all, new(Topic, "secret", Prefixed, principal, Read, Deny)]);

            Assert.False(rules.Allow(Ann, Topic, "secrets", Read));
            Assert.True(rules.Allow(Ann, Topic, "secrets", Describe));
            Assert.True(rules.Allow(Ann, Topic, "secrets", Write));
            Assert.True(rules.Allow(Ann, Topic, "secre", Read));
        }

        Assert.False(new AclRules([all, all with { Name = "t", Permission = Deny }]).Allow(Ann, Topic, "t", Describe));
    }

    [Fact]
    public void A_decision_is_what_the_rule_says_of_all_ACLs_one_by_one() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Sets, Names, (acls, name) =>
    {
        var rules = new AclRules(acls);
        foreach (var operation in Operations.Where(operation => operation != All))
        {
            var meant = acls.Where(acl => acl.ResourceType == Topic && Ann.Names.Contains(acl.Principal)
                && (acl.PatternType == Prefixed ? name.StartsWith(acl.Name, StringComparison.Ordinal) : acl.Name is "*" || acl.Name == name)).ToList();
            var isDenied = meant.Any(acl => acl.Permission == Deny && (acl.Operation == operation || acl.Operation == All));
            var isAllowed = meant.Any(acl => acl.Permission == Allow && (acl.Operation == operation || acl.Operation == All
                || (operation == Describe && acl.Operation is Read or Write or Delete or Alter)
                || (operation == DescribeConfigs && acl.Operation == AlterConfigs)));

            Assert.Equal(isAllowed && !isDenied, rules.Allow(Ann, Topic, name, operation));
        }
    }));

    [Fact]
    public void Who_may_do_it_with_all_names_of_a_prefix_may_do_it_with_each() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Sets, Names, (acls, prefix) =>
    {
        var rules = new AclRules(acls);
        foreach (var operation in Operations.Where(operation => operation != All && rules.AllowAll(Ann, Topic, prefix, operation)))
        {
            foreach (var rest in (string[])["", "a", "b", "ab", "ba", "abc", "c"])
            {
                Assert.True(rules.Allow(Ann, Topic, prefix + rest, operation), $"{prefix}{rest}");
            }
        }
    }));

    [Fact]
    public void All_names_of_a_prefix_are_allowed_by_one_ACL_that_covers_them_and_none_that_forbids_some()
    {
        AclBinding some = new(Topic, "ab", Prefixed, "User:ann", Read, Allow);

        Assert.True(new AclRules([some]).AllowAll(Ann, Topic, "ab", Read));
        Assert.True(new AclRules([some]).AllowAll(Ann, Topic, "abc", Read));
        Assert.False(new AclRules([some]).AllowAll(Ann, Topic, "a", Read));
        Assert.True(new AclRules([some with { Name = "*", PatternType = Literal }]).AllowAll(Ann, Topic, "", Read));
        Assert.False(new AclRules([some, some with { Name = "abcd", Permission = Deny }]).AllowAll(Ann, Topic, "ab", Read));
        Assert.True(new AclRules([some, some with { Name = "abcd", Permission = Deny }]).AllowAll(Ann, Topic, "abx", Read));
        Assert.False(new AclRules([some, some with { Name = "*", PatternType = Literal, Permission = Deny }]).AllowAll(Ann, Topic, "ab", Read));
        Assert.True(new AclRules([some, some with { Permission = Deny, Operation = Write }]).AllowAll(Ann, Topic, "ab", Read));
    }

    // Few words, so that they meet.
    private static Arbitrary<string> Names { get; } = Gen.Elements("", "a", "ab", "b", "ba", "abc").ToArbitrary();

    private static Arbitrary<AclBinding[]> Sets { get; } = (
        from type in Gen.Elements(Topic, Topic, Group)
        from name in Gen.Elements("*", "a", "ab", "b", "abc")
        from pattern in Gen.Elements(Literal, Prefixed)
        from principal in Gen.Elements("User:ann", "Role:clerk", "User:*", "User:bob")
        from operation in Gen.Elements(Operations)
        from permission in Gen.Elements(Allow, Allow, Deny)
        select new AclBinding(type, name, pattern, principal, operation, permission)).ArrayOf().ToArbitrary();
}
