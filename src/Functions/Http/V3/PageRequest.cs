namespace Serverless.Functions.Http.V3;

/// <summary>Which page of a list of names is asked for: <c>?page_size=</c> of them, from behind the one in <c>?page_token=</c>.</summary>
internal sealed record PageRequest(int ItemsMax, string? After)
{
    public const string Size = "page_size";
    public const string Token = "page_token";

    public const int SizeMax = 1_000;

    private const int SizeDefault = 100;

    public static PageRequest Of(Query query)
    {
        var size = (int)(query.Integer(Size, 1, SizeMax) ?? SizeDefault);
        var token = query.Text(Token);
        return token is null || RequestNames.Complaint(token, Token) is null
            ? new PageRequest(size, token)
            : throw Query.Bad($"Query parameter {Token} must be one that a page before has given.");
    }
}
