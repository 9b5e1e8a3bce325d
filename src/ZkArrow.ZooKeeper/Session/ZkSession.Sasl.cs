using ZkArrow.ZooKeeper.Protocol;

namespace ZkArrow.ZooKeeper.Session;

/// <summary>The part that proves with SASL who the client is, between the handshake and everything else.</summary>
internal sealed partial class ZkSession
{
    /// <summary>Returns false if the server refused the proof. Whatever else goes wrong is the fault of this server.</summary>
    private async Task<bool> ProveAsync(Stream stream, ConnectResponse response, CancellationToken cancellation)
    {
        if (Options.Sasl is not { } sasl || response.IsExpired)
            return true;
        DigestMd5 digest = new(sasl.User, sasl.Password);
        if (await ExchangeAsync(stream, 1, [], cancellation).ConfigureAwait(false) is not { } challenge)
        {
            throw new SecurityFailedException(
                "it refused DIGEST-MD5 before it knew the user; a server since 3.9 needs fips-mode=false for it.");
        }

        if (challenge.Length == 0)
            throw new SecurityFailedException("it is not set up for SASL; give it a JAAS section 'Server', or leave Sasl out.");
        // a server that lets the refused stay answers with nothing; we asked to be somebody, so that is a refusal too
        if (await ExchangeAsync(stream, 2, digest.Respond(challenge), cancellation).ConfigureAwait(false) is not { Length: > 0 } proof)
            return false;
        return digest.IsProof(proof)
            ? true
            : throw new SecurityFailedException("it could not prove that it knows the user's password; it may be an impostor.");
    }

    /// <summary>Sends one token and returns the server's; null if it refused.</summary>
    private static async Task<byte[]?> ExchangeAsync(Stream stream, int xid, byte[] token, CancellationToken cancellation)
    {
        JuteWriter writer = Requests.Start(OpCode.Sasl, MaxHandshakeBytes, xid);
        writer.WriteBuffer(token);
        Packet packet = writer.Finish();
        try
        {
            await stream.WriteAsync(packet.Buffer.AsMemory(0, packet.Length), cancellation).ConfigureAwait(false);
        }
        finally
        {
            packet.Return();
        }

        return ReadToken(await ReadPacketAsync(stream, cancellation).ConfigureAwait(false), xid);
    }

    private static byte[]? ReadToken(byte[] packet, int xid)
    {
        JuteReader reader = new(packet);
        ReplyHeader header = ReplyHeader.Read(ref reader);
        if (header.Xid != xid)
            throw new ZkProtocolException($"The server answered request {header.Xid} in the SASL exchange when {xid} was next.");
        return header.Error switch
        {
            ZkErrorCode.Ok => reader.ReadBuffer().ToArray(),
            ZkErrorCode.AuthFailed or ZkErrorCode.SessionClosedRequireSasl => null,
            _ => throw new SecurityFailedException($"it answered the SASL exchange with {header.Error} ({(int)header.Error})."),
        };
    }
}
