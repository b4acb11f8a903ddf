using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Serverless.WebhookReceiver;

/// <summary>What one record does: here it is written down, where it would be booked, mailed or shipped.</summary>
public sealed record Effect(string Topic, int Partition, long Offset, string Value)
{
    public static Effect Of(JsonElement record) => new(
        record.GetProperty("topic").GetString()!, record.GetProperty("partition").GetInt32(), record.GetProperty("offset").GetInt64(),
        record.GetProperty("value").GetRawText());
}

/// <summary>An effect with its number: effects are numbered in the order in which they happened.</summary>
public sealed record NumberedEffect(long Number, Effect Effect);

/// <summary>The keys of batches that were done, and what they did, in one database.</summary>
public sealed class EffectStore : IDisposable
{
    private readonly Lock _one = new();
    private readonly SqliteConnection _connection;

    public EffectStore(string file)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file }.ToString());
        _connection.Open();
        Run("PRAGMA journal_mode = WAL");
        Run("CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY) WITHOUT ROWID");
        Run("""
            CREATE TABLE IF NOT EXISTS effects
            (number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT, partition INTEGER, position INTEGER, value TEXT)
            """);
    }

    /// <summary>Does what a batch asks for, unless it was done before; false then.</summary>
    public bool Apply(string key, IEnumerable<Effect> effects)
    {
        lock (_one)
        {
            using var transaction = _connection.BeginTransaction();
            if (Run("INSERT OR IGNORE INTO keys VALUES ($key)", transaction, ("$key", key)) == 0)
            {
                return false;
            }

            foreach (var effect in effects)
            {
                Run(
                    "INSERT INTO effects (topic, partition, position, value) VALUES ($topic, $partition, $position, $value)", transaction,
                    ("$topic", effect.Topic), ("$partition", effect.Partition), ("$position", effect.Offset), ("$value", effect.Value));
            }

            transaction.Commit();
            return true;
        }
    }

    /// <summary>The next thousand effects behind a number.</summary>
    public IReadOnlyList<NumberedEffect> After(long number)
    {
        lock (_one)
        {
            using var command = _connection.CreateCommand();
            command.CommandText =
                "SELECT number, topic, partition, position, value FROM effects WHERE number > $number ORDER BY number LIMIT 1000";
            command.Parameters.AddWithValue("$number", number);
            using var reader = command.ExecuteReader();
            var found = new List<NumberedEffect>();
            while (reader.Read())
            {
                found.Add(new(
                    reader.GetInt64(0), new(reader.GetString(1), reader.GetInt32(2), reader.GetInt64(3), reader.GetString(4))));
            }

            return found;
        }
    }

    public void Dispose() => _connection.Dispose();

    private int Run(string sql, SqliteTransaction? transaction = null, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command.ExecuteNonQuery();
    }
}
