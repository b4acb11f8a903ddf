namespace Serverless.Functions;

/// <summary>A setting of the application is missing or cannot work; the message names it in one line, and quotes no value.</summary>
public sealed class SettingException(string message, Exception? cause = null) : Exception(message, cause);
