using System.Text.Json;

// A small program with bad habits on demand, for tests that need a real child process:
//   describe [ANY...]        prints its arguments, environment and standard input as JSON
//   exit N                   exits with code N
//   eat BYTES                allocates and touches memory, prints "full", then waits to be stopped
switch (args)
{
    case ["describe", ..]:
        using (var stdin = new MemoryStream())
        {
            Console.OpenStandardInput().CopyTo(stdin);
            var variables = Environment.GetEnvironmentVariables().Keys.Cast<string>().ToDictionary(name => name, name => Environment.GetEnvironmentVariable(name));
            Console.Write(JsonSerializer.Serialize(new { args = args[1..], env = variables, stdin = Convert.ToBase64String(stdin.ToArray()), cwd = Environment.CurrentDirectory }));
        }

        return 0;
    case ["exit", var code]:
        return int.Parse(code, System.Globalization.CultureInfo.InvariantCulture);
    case ["eat", var bytes]:
        var memory = new byte[long.Parse(bytes, System.Globalization.CultureInfo.InvariantCulture)];
        Array.Fill(memory, (byte)1);
        Console.WriteLine("full");
        Thread.Sleep(Timeout.Infinite);
        GC.KeepAlive(memory);
        return 0;
    default:
        Console.Error.WriteLine("describe | exit N | eat BYTES");
        return 2;
}
