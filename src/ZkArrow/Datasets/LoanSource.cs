using ZkArrow.ArrowC;
using ZkArrow.Ipc;
using ZkArrow.Loans;
using ZkArrow.Segments;

namespace ZkArrow.Datasets;

/// <summary>
/// The file of a loan, which is whole already and only gets its metadata and a name. A commit that was refused leaves it linked,
/// because the kernel links an unnamed file once: the next try renames it.
/// </summary>
internal sealed unsafe class LoanSource(SchemaBox schema, LoanMemory memory, LoanFile file, DataDirectory directory) : DraftSource
{
    private byte[] _message = [];
    private long _rows;
    private string? _standsAs;
    private bool _wasLinked;
    private bool _isCopy;

    public override SchemaBox Schema => schema;

    public override long Rows => _rows;

    public override long Length => file.Length;

    public override string? StandsAs => _standsAs;

    /// <summary>Whether the file is a version, or may be one.</summary>
    public bool IsKept { get; set; }

    /// <summary>Whether the file is whole, and can no longer be written to.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Says which batch, laid over the loan's body, will be published.</summary>
    public void Describe(ArrowArray* batch, LoanRegions regions)
    {
        _message = LoanEncoder.Message(batch, schema.Root, memory.Start + file.BodyStart, file.BodyLength, regions);
        _rows = batch->Length;
    }

    /// <summary>Writes all but the body, after which nothing that is written to the loan reaches the file.</summary>
    public void Complete(string commit)
    {
        file.Complete(memory, _message, commit);
        memory.Seal();
        IsComplete = true;
    }

    /// <summary>Undoes <see cref="Complete"/>; says why it could not.</summary>
    public string? Reopen()
    {
        try
        {
            memory.Unseal();
            IsComplete = false;
            return null;
        }
        catch (ZkArrowException e)
        {
            return $"could not be made writable again after a publish that failed ({e.Message})";
        }
    }

    public override void Write(IIpcSink sink) => sink.Write(memory.Start, file.Length);

    public override IDisposable? Place(ISegmentPlace place, string name)
    {
        if (_wasLinked)
        {
            // somebody dropped the dataset that it was linked for, and the file's name went along
            _isCopy = true;
            return base.Place(place, name);
        }

        directory.LinkLoan(memory.File, name);
        _wasLinked = true;
        return null;
    }

    public override void Settle(ISegmentPlace place, string name, bool kept)
    {
        IsKept = kept;
        _standsAs = kept || _isCopy ? null : name;
        if (_isCopy)
            base.Settle(place, name, kept);
    }

    /// <summary>Removes the file of a loan that is given up.</summary>
    public void Abandon()
    {
        if (_standsAs != null)
            directory.Unlink(_standsAs);
        _standsAs = null;
    }
}

/// <summary>A loan that is published elsewhere than in shared memory: its file is copied there once.</summary>
internal sealed class LoanCopy(LoanSource loan) : DraftSource
{
    public override SchemaBox Schema => loan.Schema;

    public override long Rows => loan.Rows;

    public override long Length => loan.Length;

    public override void Write(IIpcSink sink) => loan.Write(sink);

    public override void Settle(ISegmentPlace place, string file, bool kept)
    {
        loan.IsKept = kept;
        base.Settle(place, file, kept);
    }
}
