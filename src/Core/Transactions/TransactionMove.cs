using Serverless.Core.Transactions.Rows;

namespace Serverless.Core.Transactions;

internal enum MoveKind
{
    /// <summary>The answer stands without any change.</summary>
    Answer,

    /// <summary>The answer is true once the row is replaced.</summary>
    Change,

    /// <summary>The row is to be replaced first, and then it is decided anew.</summary>
    Step,

    /// <summary>A transaction is decided, and what follows from it must be done first.</summary>
    Finish,
}

/// <summary>What one request makes of a row.</summary>
internal readonly record struct Move<T>(MoveKind Kind, TransactionRow? Row, TransactionAnswer<T> Answer)
{
    public static Move<T> Done(T answer) => new(MoveKind.Answer, null, new(ErrorCode.None, answer));

    public static Move<T> Refused(ErrorCode error, string message) => new(MoveKind.Answer, null, new(error, default, message));

    public static Move<T> To(TransactionRow row, T answer) => new(MoveKind.Change, row, new(ErrorCode.None, answer));

    public static Move<T> RefusedBy(TransactionRow row, ErrorCode error, string message) =>
        new(MoveKind.Change, row, new(error, default, message));

    public static Move<T> Through(TransactionRow row) => new(MoveKind.Step, row, default);

    public static Move<T> FinishFirst { get; } = new(MoveKind.Finish, null, default);
}
