using System.Text.Json;

namespace DistributedBatch.Messaging.Access;

/// <summary>Users and permissions in the file that RabbitMQ imports (https://www.rabbitmq.com/docs/definitions).</summary>
public static class BrokerDefinitions
{
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
}
