using DistributedBatch.Storage.Postgres;

namespace DistributedBatch.Storage.Tests.Postgres;

public sealed class PostgresUrlTests
{
    [Theory]
    [InlineData("postgres://ann:s%40c%3Art@db.lab:6543/dbatch", "Host=db.lab;Port=6543;Username=ann;Password=s@c:rt;Database=dbatch")]
    [InlineData("postgresql://db/dbatch?sslmode=verify-full", "Host=db;Database=dbatch;SSL Mode=verifyfull")]
    [InlineData("postgres:///dbatch?host=%2Frun%2Fpostgresql", "Database=dbatch;host=/run/postgresql")]
    [InlineData("postgres://db/dbatch?application_name=my-app&target_session_attrs=read-write", "Host=db;Database=dbatch;Application Name=my-app;Target Session Attributes=read-write")]
    [InlineData("postgres://ann:a%3Bb%3D'c@db/dbatch", "Host=db;Username=ann;Password=\"a;b='c\";Database=dbatch")]
    [InlineData("Host=/run/postgresql;Database=x;Application Name=my-app", "Host=/run/postgresql;Database=x;Application Name=my-app")]
    public void A_database_is_named_by_url_or_by_keywords(string given, string expected) => Assert.Equal(expected, PostgresUrl.ToKeywords(given));

    [Theory]
    [InlineData("mysql://ann:secret@db/dbatch")]
    [InlineData("postgres://ann:secret@db:port/dbatch")]
    [InlineData("just a word")]
    [InlineData("")]
    public void What_names_no_database_is_refused_without_repeating_its_password(string given)
    {
        var refusal = Assert.Throws<DatabaseNameException>(() => PostgresUrl.ToKeywords(given));

        Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
    }
}
