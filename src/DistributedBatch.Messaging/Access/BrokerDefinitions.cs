using System.Text.Json;
using System.Text.Json.Nodes;

namespace DistributedBatch.Messaging.Access;

/// <summary>Users and permissions in the file that RabbitMQ imports (https://www.rabbitmq.com/docs/definitions).</summary>
public static class BrokerDefinitions
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    /// <summary>The file's text. Passwords are in it as hashes only.</summary>
    /// <param name="users">The users.</param>
    /// <param name="vhost">The vhost of the permissions; importing the file creates it.</param>
    public static string Write(IReadOnlyList<BrokerUser> users, string vhost)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("users");
            foreach (var user in users)
            {
                json.WriteStartObject();
                json.WriteString("name", user.Name);
                json.WriteString("password_hash", user.PasswordHash());
                json.WriteString("hashing_algorithm", "rabbit_password_hashing_sha256");
                json.WriteString("tags", "");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("vhosts");
            json.WriteStartObject();
            json.WriteString("name", vhost);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteStartArray("permissions");
            foreach (var user in users)
            {
                json.WriteStartObject();
                json.WriteString("user", user.Name);
                json.WriteString("vhost", vhost);
                json.WriteString("configure", user.Permissions.Configure);
                json.WriteString("write", user.Permissions.Write);
                json.WriteString("read", user.Permissions.Read);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    /// <summary>The text of a file of an earlier version, with the permissions that this version needs. Users and passwords stay.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static string WithCurrentPermissions(string definitions)
    {
        var file = JsonNode.Parse(definitions)!;
        foreach (var permissions in file["permissions"]?.AsArray() ?? [])
        {
            var user = (string?)permissions!["user"];
            foreach (var role in Enum.GetValues<BrokerRole>().Where(role => BrokerUser.NameOf(role) == user))
            {
                var current = BrokerPermissions.Of(role);
                (permissions["configure"], permissions["write"], permissions["read"]) = (current.Configure, current.Write, current.Read);
            }
        }

        return file.ToJsonString(Readable) + "\n";
    }
}
