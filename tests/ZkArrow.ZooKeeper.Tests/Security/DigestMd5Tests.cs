using System.Text;
using CsCheck;
using ZkArrow.ZooKeeper.Protocol;

namespace ZkArrow.ZooKeeper.Tests.Security;

public sealed class DigestMd5Tests
{
    private const string Challenge =
        "realm=\"elwood.innosoft.com\",nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",algorithm=md5-sess,charset=utf-8";

    // RFC 2831, section 4
    [Test]
    public void The_example_of_the_standard_comes_out()
    {
        DigestMd5 digest = new("chris", "secret", "imap/elwood.innosoft.com", "OA6MHXh6VqTrRk");
        Assert.That(
            Encoding.UTF8.GetString(digest.Respond(Encoding.UTF8.GetBytes(Challenge))),
            Is.EqualTo("charset=utf-8,username=\"chris\",realm=\"elwood.innosoft.com\",nonce=\"OA6MG9tEQGm2hh\",nc=00000001,"
                + "cnonce=\"OA6MHXh6VqTrRk\",digest-uri=\"imap/elwood.innosoft.com\","
                + "response=d388dad90d4bbd760a152321f2143af7,qop=auth"));
        Assert.That(digest.IsProof("rspauth=ea40f60335c427b5527b84dbabcdfffd"u8), Is.True);
        Assert.That(digest.IsProof("rspauth=ea40f60335c427b5527b84dbabcdfffe"u8), Is.False);
        Assert.That(digest.IsProof(""u8), Is.False);
    }

    [TestCase("realm=\"r\",algorithm=md5-sess", "nonce")]
    [TestCase("nonce=\"n\"", "md5-sess")]
    [TestCase("nonce=\"n\",algorithm=md5-sess,qop=\"auth-int,auth-conf\"", "'auth'")]
    [TestCase("nonce=\"n", "quote")]
    [TestCase("nonce", "without a value")]
    public void A_challenge_that_cannot_be_answered_is_refused(string challenge, string reason) =>
        Assert.That(
            () => new DigestMd5("u", "p").Respond(Encoding.UTF8.GetBytes(challenge)),
            Throws.InstanceOf<ZkProtocolException>().With.Message.Contains(reason));

    [Test]
    public void What_needs_UTF8_is_refused_where_it_is_not_spoken() =>
        Assert.That(
            () => new DigestMd5("u", "\u20ac").Respond("nonce=\"n\",algorithm=md5-sess"u8),
            Throws.InstanceOf<ZkProtocolException>().With.Message.Contains("UTF-8"));

    [Test]
    public void Quotes_in_names_are_escaped() =>
        Assert.That(
            Encoding.UTF8.GetString(new DigestMd5("a\"b\\c", "p").Respond("nonce=\"n\\\"m\",algorithm=md5-sess"u8)),
            Does.StartWith("username=\"a\\\"b\\\\c\",realm=\"\",nonce=\"n\\\"m\","));

    [Test]
    public void No_two_answers_are_alike() =>
        Assert.That(
            new DigestMd5("chris", "secret").Respond(Encoding.UTF8.GetBytes(Challenge)),
            Is.Not.EqualTo(new DigestMd5("chris", "secret").Respond(Encoding.UTF8.GetBytes(Challenge))));

    [Test]
    public void Whatever_a_server_says_it_is_an_answer_or_a_protocol_error() =>
        Gen.Char["nonce=\",\\ realmqopauthmd5-sgit"].Array[0, 60].Sample(static chars =>
        {
            try
            {
                new DigestMd5("u", "p").Respond(Encoding.UTF8.GetBytes(chars));
            }
            catch (ZkProtocolException)
            {
                // refused, with a reason
            }
        });
}
