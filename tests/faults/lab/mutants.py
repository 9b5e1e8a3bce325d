"""Faults in the product itself: each takes one safeguard away, and the lab must notice.

A mutant is made from a copy of the sources by replacing a piece of text; one that is not there any more is an error, so
a mutant cannot quietly become the original.
"""

from __future__ import annotations

import dataclasses
import pathlib
import shutil
import subprocess

_ROOT = pathlib.Path(__file__).resolve().parents[3]
_COPIED = ("src", "native", "tests/faults/ZkArrow.FaultWorker", "tests/ZkArrow.Testing")


@dataclasses.dataclass(frozen=True)
class Mutant:
    """What is taken away, and where."""

    what: str
    file: str
    before: str
    after: str


MUTANTS: dict[str, Mutant] = {
    "no-fence": Mutant(
        "a commit does not check the owner's fence",
        "src/ZkArrow/Datasets/PartMaker.cs",
        "        operations.Add(TreeOp.Check(layout.Own(inc), fence));\n",
        "",
    ),
    "no-transaction": Mutant(
        "the parts of a transaction are committed one after the other",
        "src/ZkArrow/Datasets/Transactor.cs",
        "            CommitOutcome outcome = await commits.CommitAsync(all, call).ConfigureAwait(false);\n",
        "            CommitOutcome outcome = default;\n"
        "            foreach (CommitPart one in all)\n"
        "                outcome = await commits.CommitAsync([one], call).ConfigureAwait(false);\n",
    ),
    "no-cut": Mutant(
        "a snapshot takes each head as it was read",
        "src/ZkArrow/Datasets/SnapshotOpener.cs",
        "datasets.Min(dataset => dataset.ReadAt)",
        "long.MaxValue",
    ),
    "no-commit-id": Mutant(
        "after a lost answer the commit id is not looked for: every refusal is taken for a loss",
        "src/ZkArrow/Datasets/CommitLoop.cs",
        "if (lost && await WasAppliedAsync(parts, call).ConfigureAwait(false))",
        "if (lost && call.Token.IsCancellationRequested && await WasAppliedAsync(parts, call).ConfigureAwait(false))",
    ),
    "loss-is-failure": Mutant(
        "a lost answer is reported as a failure",
        "src/ZkArrow/Datasets/CommitLoop.cs",
        "                lost |= e.MayBeApplied;\n",
        "                if (e.MayBeApplied)\n"
        '                    throw new ZkArrowException(ZkArrowStatus.Unavailable, "the answer was lost", e);\n',
    ),
}


def build(name: str, directory: pathlib.Path) -> pathlib.Path:
    """The worker with this safeguard taken away, compiled."""
    mutant = MUTANTS[name]
    for part in _COPIED:
        shutil.copytree(_ROOT / part, directory / part, ignore=shutil.ignore_patterns("bin", "obj"))
    for file in (*_ROOT.glob("Directory.*.props"), _ROOT / "global.json", _ROOT / ".editorconfig"):
        shutil.copy(file, directory)
    source = directory / mutant.file
    text = source.read_text()
    if text.count(mutant.before) != 1:
        raise RuntimeError(f"the mutant {name} did not find its text once in {mutant.file}; fit it to the source")
    source.write_text(text.replace(mutant.before, mutant.after))
    output = directory / "out"
    # what a mutant leaves unused is no error
    compile_worker(directory / "tests/faults/ZkArrow.FaultWorker", output, "-p:TreatWarningsAsErrors=false")
    return output / "ZkArrow.FaultWorker.dll"


def compile_worker(project: pathlib.Path, output: pathlib.Path, *options: str) -> None:
    command = ["dotnet", "build", str(project), "-c", "Release", "-o", str(output), "-v", "quiet", "--nologo", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{project} was not compiled:\n{done.stdout[-2000:]}")
