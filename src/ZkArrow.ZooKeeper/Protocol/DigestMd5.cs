using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ZkArrow.ZooKeeper.Protocol;

/// <summary>
/// The client's side of SASL DIGEST-MD5 (RFC 2831) with the quality "auth": it proves that both sides know the
/// password, and protects nothing that is sent afterwards.
/// </summary>
[SuppressMessage("Security", "CA5351", Justification = "The protocol prescribes MD5.")]
internal sealed class DigestMd5
{
    private const string FirstUse = "00000001";
    private readonly string _user, _password, _uri, _clientNonce;
    private string? _expected;

    /// <summary>ZooKeeper's servers all call themselves <c>zookeeper/zk-sasl-md5</c>, whatever host they are on.</summary>
    public DigestMd5(string user, string password, string uri = "zookeeper/zk-sasl-md5", string? clientNonce = null)
    {
        (_user, _password, _uri) = (user, password, uri);
        _clientNonce = clientNonce ?? RandomNumberGenerator.GetHexString(32);
    }

    /// <summary>Answers the server's challenge.</summary>
    /// <exception cref="ZkProtocolException">It was none that this client can answer.</exception>
    public byte[] Respond(ReadOnlySpan<byte> challenge)
    {
        Dictionary<string, string> fields = Parse(challenge);
        bool isUtf8 = fields.TryGetValue("charset", out string? charset)
            && charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase);
        if (!fields.TryGetValue("nonce", out string? nonce) || nonce.Length == 0)
            throw Bad("has no nonce");
        if (!fields.TryGetValue("algorithm", out string? algorithm)
            || !algorithm.Equals("md5-sess", StringComparison.OrdinalIgnoreCase))
            throw Bad("is not for the algorithm md5-sess");
        if (fields.TryGetValue("qop", out string? qualities)
            && !qualities.Split(',').Any(static quality => quality.Trim().Equals("auth", StringComparison.OrdinalIgnoreCase)))
            throw Bad("does not offer the quality 'auth'");
        if (!isUtf8 && (_user + _password).Any(static c => c > 0xff))
            throw Bad("does not allow UTF-8, which this user or password needs");
        string realm = fields.GetValueOrDefault("realm", "");

        byte[] secret =
        [
            .. MD5.HashData([.. Text(_user, isUtf8), (byte)':', .. Text(realm, isUtf8), (byte)':', .. Text(_password, isUtf8)]),
            .. Encoding.ASCII.GetBytes($":{nonce}:{_clientNonce}"),
        ];
        string key = Hex(secret);
        _expected = Proof(key, nonce, $":{_uri}");

        StringBuilder response = new();
        if (isUtf8)
            response.Append("charset=utf-8,");
        response.Append(CultureInfo.InvariantCulture, $"username=\"{Escape(_user)}\",realm=\"{Escape(realm)}\",nonce=\"{Escape(nonce)}\",");
        response.Append(CultureInfo.InvariantCulture, $"nc={FirstUse},cnonce=\"{_clientNonce}\",digest-uri=\"{_uri}\",");
        response.Append(CultureInfo.InvariantCulture, $"response={Proof(key, nonce, $"AUTHENTICATE:{_uri}")},qop=auth");
        return (isUtf8 ? Encoding.UTF8 : Encoding.Latin1).GetBytes(response.ToString());
    }

    /// <summary>Whether the server's last word proves that it knows the password too.</summary>
    public bool IsProof(ReadOnlySpan<byte> lastWord) =>
        _expected is not null
        && Parse(lastWord).TryGetValue("rspauth", out string? proof)
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(proof), Encoding.ASCII.GetBytes(_expected));

    private string Proof(string key, string nonce, string about) =>
        Hex(Encoding.ASCII.GetBytes($"{key}:{nonce}:{FirstUse}:{_clientNonce}:auth:{Hex(Encoding.ASCII.GetBytes(about))}"));

    private static string Hex(byte[] text) => Convert.ToHexStringLower(MD5.HashData(text));

    // the RFC hashes what fits into ISO 8859-1 as such, for the sake of old password files, even when UTF-8 is sent
    private static byte[] Text(string text, bool isUtf8) =>
        isUtf8 && text.Any(static c => c > 0xff) ? Encoding.UTF8.GetBytes(text) : Encoding.Latin1.GetBytes(text);

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    /// <summary>Reads <c>key=value,key="quoted \" value"</c>; of several realms the first counts.</summary>
    private static Dictionary<string, string> Parse(ReadOnlySpan<byte> token)
    {
        Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
        string text = Encoding.UTF8.GetString(token);
        int at = 0;
        while (true)
        {
            while (at < text.Length && (text[at] == ',' || char.IsWhiteSpace(text[at])))
                at++;
            if (at == text.Length)
                return fields;
            int equals = text.IndexOf('=', at);
            if (equals < 0)
                throw Bad("has a field without a value");
            string name = text[at..equals].Trim();
            at = equals + 1;
            fields.TryAdd(name, at < text.Length && text[at] == '"' ? Quoted(text, ref at) : Plain(text, ref at));
        }
    }

    private static string Plain(string text, ref int at)
    {
        int start = at;
        at = text.IndexOf(',', start) is >= 0 and int comma ? comma : text.Length;
        return text[start..at].Trim();
    }

    private static string Quoted(string text, ref int at)
    {
        StringBuilder value = new();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '"')
            {
                at++;
                return value.ToString();
            }

            if (text[at] == '\\' && at + 1 < text.Length)
                at++;
            value.Append(text[at]);
        }

        throw Bad("has a quote without an end");
    }

    private static ZkProtocolException Bad(string what) => new($"The server's DIGEST-MD5 message {what}.");
}
