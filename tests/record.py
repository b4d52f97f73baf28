"""Records what programs print under PyTorch: python tests/record.py [NAME …]

Writes tests/programs/FOLDER/NAME.out for every program there and under www/programs/, or for those that are named.
Some programs import einops, matplotlib, NumPy, regex, SciPy and tqdm too.
The outputs in the repository are those of PyTorch 2.15 on a CPU whose maker is not Intel: on Intel's, PyTorch draws
dropout masks and exponential numbers from another generator.
A program that ends in an error leaves its output as it was, and this script ends with status 1.
"""
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
OURS = TESTS.parent / "www" / "programs"


def programs():
    """Each program with the file that its output belongs in."""
    for program in sorted((TESTS / "programs").glob("*/*.py")):
        yield program, program.with_suffix(".out")
    for program in sorted(OURS.glob("*/*.py")):
        yield program, (TESTS / "programs" / program.relative_to(OURS)).with_suffix(".out")


failed = False
for program, output in programs():
    if sys.argv[1:] and program.stem not in sys.argv[1:]:
        continue
    run = subprocess.run([sys.executable, program], capture_output=True, text=True)
    if run.returncode != 0:
        print(f"{program}: {run.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        failed = True
    elif not output.exists() or output.read_text() != run.stdout:
        output.parent.mkdir(exist_ok=True)
        output.write_text(run.stdout)
        print(output.relative_to(TESTS))
sys.exit(failed)
